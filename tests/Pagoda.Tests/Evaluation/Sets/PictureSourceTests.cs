using System.IO.Compression;
using Pagoda.Data;
using Pagoda.Evaluation.Pictures;
using Pagoda.Formats.Images;
using Pagoda.Tests.Data;

namespace Pagoda.Tests.Evaluation.Sets;

public sealed class PictureSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_FolderZipAndShards_GiveTheSamePictures()
    {
        var files = Enumerable.Range(0, 7).Select(i => (Name: $"{i:00}", Png: Png(i, 3 + i, 5), Text: $"caption {i}\nanother")).ToList();
        foreach (var (name, png, text) in files)
        {
            // Sorted by path, below other folders too.
            _folder.Write($"real/{name}/{name}.png", png);
            _folder.Write($"real/{name}/{name}.txt", text);
        }

        _folder.Write("real/notes.md", "not a picture");
        using (var zip = ZipFile.Open(_folder.File("real.zip"), ZipArchiveMode.Create))
        {
            foreach (var (name, png, text) in Enumerable.Reverse(files))
            {
                Add(zip, $"a/{name}.png", png);
                Add(zip, $"a/{name}.txt", System.Text.Encoding.UTF8.GetBytes(text));
            }

            Add(zip, "__MACOSX/a/._00.png", [1, 2]);
        }

        foreach (var (shard, part) in files.Chunk(4).Index())
        {
            _folder.Tar($"s{shard}.tar", part.SelectMany(one => new[] { ($"{one.Name}.png", one.Png), ($"{one.Name}.txt", System.Text.Encoding.UTF8.GetBytes(one.Text)) }));
        }

        var folder = PictureSource.Open(_folder.File("real"));
        Assert.Equal(7, folder.Count);
        Assert.Contains("1 other file", folder.Description, StringComparison.Ordinal);
        var expected = Read(folder);
        Assert.Equal(Enumerable.Range(0, 7).Select(i => (i, 3 + i, $"caption {i}")), expected.Select(one => (one.Number, one.Picture.Width, one.Caption!)));
        foreach (var path in new[] { "real.zip", "s{0..1}.tar" })
        {
            var found = Read(PictureSource.Open(_folder.File(path)));
            Assert.Equal(expected.Select(one => (one.Number, one.Hash, one.Caption)), found.Select(one => (one.Number, one.Hash, one.Caption)));
        }

        // Shares of a whole are all of it, each once.
        foreach (var path in new[] { "real", "real.zip", "s{0..1}.tar" })
        {
            var parts = Enumerable.Range(0, 3).SelectMany(part => Read(PictureSource.Open(_folder.File(path)), new Share(part, 3)));
            Assert.Equal(expected.Select(one => one.Hash), parts.OrderBy(one => one.Number).Select(one => one.Hash));
        }
    }

    [Theory]
    [InlineData("grey.png")]
    [InlineData("grey16.png")]
    [InlineData("rgb16.png")]
    [InlineData("rgba.png")]
    [InlineData("palette-alpha.png")]
    [InlineData("cmyk.jpg")]
    public void Decode_AnyKind_IsRgbOfEightBits(string name)
    {
        var found = SourcePicture.Decode(0, name, Formats.Images.Samples.Bytes(name), null);
        Assert.Equal((3, PictureMode.Rgb), (found.Picture.Channels, found.Picture.Mode));
        Assert.Equal(PictureFile.Decode(Formats.Images.Samples.Bytes(name)).ToRgb().Pixels, found.Picture.Pixels);
        // Grey is the same in all channels.
        Assert.True(!name.StartsWith("grey", StringComparison.Ordinal) || found.Picture.Pixels.Chunk(3).All(pixel => pixel[0] == pixel[1] && pixel[1] == pixel[2]));
    }

    [Fact]
    public void Decode_TurnedByExif_IsAsItIsStored()
    {
        var upright = PictureFile.Decode(Formats.Images.Samples.Bytes("orientation6.jpg"));
        var stored = SourcePicture.Decode(0, "turned", Formats.Images.Samples.Bytes("orientation6.jpg"), null).Picture;
        Assert.Equal((upright.Height, upright.Width), (stored.Width, stored.Height));
    }

    [Fact]
    public void Open_WhatIsNoSetOfPictures_SaysSo()
    {
        Directory.CreateDirectory(_folder.File("empty"));
        Assert.Contains("no picture in", Assert.Throws<InvalidDataException>(() => PictureSource.Open(_folder.File("empty"))).Message, StringComparison.Ordinal);
        Assert.Contains("There is no", Assert.Throws<InvalidDataException>(() => PictureSource.Open(_folder.File("nowhere"))).Message, StringComparison.Ordinal);
        Assert.Contains("broken.zip cannot be read as a zip", Assert.Throws<InvalidDataException>(() => PictureSource.Open(_folder.Write("broken.zip", "PK?"))).Message, StringComparison.Ordinal);
        Assert.Contains("neither a folder", Assert.Throws<InvalidDataException>(() => PictureSource.Open(_folder.Write("one.png", Png(1, 4, 4)))).Message, StringComparison.Ordinal);
        Assert.Contains("There is no", Assert.Throws<InvalidDataException>(() => PictureSource.Open(_folder.File("{0..3}.tar"))).Message, StringComparison.Ordinal);
        _folder.Tar("text.tar", [("a.txt", [65])]);
        Assert.Contains("no picture in", Assert.Throws<InvalidDataException>(() => Read(PictureSource.Open(_folder.File("text.tar")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_DamagedPicture_NamesIt()
    {
        _folder.Write("real/a.png", Png(1, 4, 4));
        _folder.Write("real/b.png", Png(2, 40, 40)[..60]);
        Assert.Contains(Path.Combine("real", "b.png"), Assert.Throws<PictureException>(() => Read(PictureSource.Open(_folder.File("real")))).Message, StringComparison.Ordinal);
        _folder.Write("empty/a.jpg", Array.Empty<byte>());
        Assert.Contains("a.jpg is empty", Assert.Throws<PictureException>(() => Read(PictureSource.Open(_folder.File("empty")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decoded_SlowReader_IsNotOutrun()
    {
        // Memory stays the same however many pictures there are; of large ones fewer wait once one was seen.
        var small = new Counted(400, 4);
        Assert.All(DecodedPictures.Of(small, Share.All, default), picture => Assert.InRange(small.Begun - picture.Number, 1, 130));
        var large = new Counted(200, 4000);
        Assert.All(DecodedPictures.Of(large, Share.All, default).Skip(130), picture => Assert.InRange(large.Begun - picture.Number, 1, 8));
    }

    private static List<SourcePicture> Read(PictureSource source, Share? share = null) => [.. DecodedPictures.Of(source, share ?? Share.All, default)];

    private static void Add(ZipArchive zip, string name, byte[] content)
    {
        using var stream = zip.CreateEntry(name).Open();
        stream.Write(content);
    }

    internal static byte[] Png(int seed, int width, int height)
    {
        var pixels = new byte[3 * width * height];
        new Random(seed).NextBytes(pixels);
        return PictureFile.EncodePng(new Picture(width, height, 3, pixels));
    }

    private sealed class Counted(int count, int side) : PictureSource
    {
        public int Begun { get; private set; }

        public override string Name => "counted";

        public override string Description => Name;

        public override int? Count => count;

        public override string? Stamp => null;

        public override IEnumerable<Func<SourcePicture>> Read(Share share)
        {
            var shared = new Picture(side, side, 3, new byte[3 * side * side]);
            for (var i = 0; i < count; i++)
            {
                Begun++;
                var number = i;
                yield return () => new SourcePicture(number, Name, shared, null, "");
            }
        }
    }
}
