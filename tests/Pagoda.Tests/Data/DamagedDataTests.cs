using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Pagoda.Data;
using Pagoda.Data.Shards;
using Pagoda.Formats.Images;

namespace Pagoda.Tests.Data;

/// <summary>Sixty samples and shards of which twenty are damaged, each in another way.</summary>
public sealed class DamagedDataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HashSet<string> _good = [];
    private readonly HashSet<string> _bad = [];
    private readonly List<string> _shards = [];

    [Theory]
    [InlineData(1)]
    [InlineData(5000)]
    public void Next_TwentyOfSixtyDamaged_EachGoodOneOnceAnEpochAndEachBadOneNamed(int buffer)
    {
        Write();
        Assert.Equal((40, 20), (_good.Count, _bad.Count));
        var file = _folder.File("left-out.jsonl");
        var log = new List<string>();
        using var report = new LeftOutReport(1, file, log.Add);
        using var data = new DecodedSource(new WebDataset(_shards, 3, buffer), new Crop { Size = 8 }, 1, threads: 2, report);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            Assert.Equal(_good.Order(), data.Next(_good.Count).Captions.Order());
        }

        // The last damage may stand behind the last good sample.
        data.Next(1);
        var lines = File.ReadAllLines(file).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        var named = lines.Select(line => line.GetProperty("key").GetString() is { Length: > 0 } key ? key : Path.GetFileName(line.GetProperty("shard").GetString()!)).ToArray();
        Assert.Equal(_bad.Order(), named.Order());
        Assert.All(lines, line => Assert.True(line.GetProperty("reason").GetString()!.Length > 20 && Enum.TryParse<Defect>(line.GetProperty("kind").GetString(), out _)));
        Assert.Equal(10, log.Count);
        Assert.Contains(file, log[^1]);
        Assert.True(report.Kinds.Count == 7, string.Join(", ", report.Kinds.Keys));
        Assert.InRange(report.Count, 60, 80);
    }

    [Fact]
    public void Next_ShareOfBrokenPassesTheLimit_StopsAndSaysTheCounts()
    {
        Write();
        var file = _folder.File("left-out.jsonl");
        using var data = new DecodedSource(new WebDataset(_shards, 3), new Crop { Size = 8 }, 1, 1, new LeftOutReport(0.1, file));
        var error = Assert.Throws<DataException>(() => Enumerable.Range(0, 100).Select(_ => data.Next(10)).Count());
        Assert.Contains("more than data.broken_limit allows (10", error.Message);
        Assert.Contains("undecodable picture", error.Message);
        Assert.Contains(file, error.Message);
        Assert.InRange(data.LeftOut.Count, 20, 120);
    }

    [Fact]
    public void LeftOut_BegunAgain_NamesNothingTwice()
    {
        Write();
        var file = _folder.File("left-out.jsonl");
        for (var run = 0; run < 2; run++)
        {
            using var data = new DecodedSource(new WebDataset(_shards, 3), new Crop { Size = 8 }, 1, 1, new LeftOutReport(1, file));
            data.Next(_good.Count + 1);
            File.AppendAllText(file, run == 0 ? "{\"shard\": \"half a li\n" : "");
        }

        Assert.Equal(_bad.Count + 1, File.ReadAllLines(file).Length);
    }

    [Fact]
    public void Next_DataLost_StopsInsteadOfSkippingEverything()
    {
        var shards = _folder.Shards(6, 30);
        using var data = new WebDataset(shards, 1, buffer: 5);
        var position = "";
        for (var i = 0; i < 40; i++)
        {
            data.Next();
        }

        position = data.Save();
        Directory.Move(_folder.Path, _folder.Path + "-away");
        try
        {
            var error = Assert.Throws<DataException>(() => Enumerable.Range(0, 200).Select(_ => data.Next()).Count());
            Assert.Contains("can no longer be reached", error.Message);
            Assert.Null(error.Defect);
        }
        finally
        {
            Directory.Move(_folder.Path + "-away", _folder.Path);
        }

        using var again = new WebDataset(shards, 1, buffer: 5);
        again.Restore(position);
        Assert.Equal(140, Enumerable.Range(0, 140).Select(_ => again.Next().Captions()[0]).Distinct().Count());
    }

    [Fact]
    public void Next_OneShardLost_OnlyThatOneIsLeftOut()
    {
        var shards = _folder.Shards(4, 5);
        using var data = new WebDataset(shards, 1, buffer: 1);
        var first = data.Next().Shard;
        File.Delete(shards.First(shard => shard != first));
        var rest = Enumerable.Range(0, 15).Select(_ => data.Next()).ToArray();
        Assert.Equal(Defect.UnreadableShard, Assert.Single(rest, sample => sample.Broken is not null).Broken!.Defect);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>27 good samples and 10 bad ones in shards that are sound, 13 good ones in or before damage, 10 bad shards.</summary>
    private void Write()
    {
        var png = Png(1);
        var jpeg = PictureFile.EncodeJpeg(new Picture(40, 30, 3, [.. Enumerable.Range(0, 3600).Select(i => (byte)(i * 7))]));
        byte[] badCheck = [.. png];
        badCheck[^20] ^= 0xFF;
        byte[] huge = [.. png];
        (huge[17], huge[18], huge[21], huge[22]) = (1, 0x86, 1, 0x86);
        List<(string, byte[])> mixed =
        [
            .. Enumerable.Range(0, 25).SelectMany(i => Good($"good{i:D2}")),
            // Names that would be dangerous if files were unpacked are only names here.
            .. Good("/etc/absolute"), .. Good("../../up"),
            .. Bad("random", [.. Enumerable.Range(0, 900).Select(i => (byte)(i * i))]),
            .. Bad("cut", jpeg[..(jpeg.Length / 2)]),
            .. Bad("check", badCheck, "png"),
            .. Bad("empty", []),
            .. Bad("huge", huge, "png"),
            .. Bad("page", "<!DOCTYPE html><html><body>Not found</body></html>"u8.ToArray()),
            .. Named("wordless", ("png", png)),
            .. Named("blind", ("txt", "seen by nobody"u8.ToArray())),
            .. Named("form", ("png", png), ("json", "[1, {\"caption\": 3}]"u8.ToArray())),
            .. Named("text", ("png", png), ("json", "{\"caption\": "u8.ToArray()), ("txt", "  \n"u8.ToArray())),
        ];
        _shards.Add(_folder.Tar("mixed.tar", mixed));

        // A gzipped shard is a shard.
        using (var zip = new GZipStream(File.Create(_folder.File("zipped.tar")), CompressionMode.Compress))
        {
            zip.Write(File.ReadAllBytes(_folder.Tar("plain.tar", Good("zipped0").Concat(Good("zipped1")))));
        }

        _shards.Add(_folder.File("zipped.tar"));
        // One key twice are two samples.
        _shards.Add(_folder.Tar("twice.tar", Good("again").Concat(Named("again", "said again", ("png", png), ("txt", "said again"u8.ToArray())))));

        Shard("header-cut.tar", 2, whole => whole[..(Second(whole) + 200)]);
        Shard("content-cut.tar", 2, whole => whole[..(Second(whole) + 512 + 20)]);
        Shard("checksum.tar", 2, whole => Set(whole, Second(whole) + 3, 'x'));
        Shard("length.tar", 2, whole => Set(whole, Second(whole) + 124, "77777777777"));
        Shard("unclosed.tar", 1, whole => whole[..Second(whole)]);
        Shard("none.tar", 0, _ => []);
        Shard("letters.tar", 0, _ => Encoding.ASCII.GetBytes(new string('x', 5000)));
        Shard("page.tar", 0, _ => "<html>404</html>"u8.ToArray());
        Shard("zipcut.tar", 0, _ => File.ReadAllBytes(_folder.File("zipped.tar"))[..60]);
        Directory.CreateDirectory(_folder.File("folder.tar"));
        _bad.Add("folder.tar");
        _shards.Add(_folder.File("folder.tar"));
    }

    /// <summary>A shard damaged where its last sample begins; the samples before it are good.</summary>
    private void Shard(string name, int before, Func<byte[], byte[]> damage)
    {
        var samples = Enumerable.Range(0, before).SelectMany(i => Good($"{name[..^4]}-before{i}")).ToList();
        var whole = File.ReadAllBytes(_folder.Tar(name, samples.Concat([("last.png", Png(9)), ("last.txt", [65])])));
        File.WriteAllBytes(_folder.File(name), damage(whole));
        _bad.Add(name);
        _shards.Add(_folder.File(name));
    }

    /// <summary>Where the header of the last sample's picture stands.</summary>
    private static int Second(byte[] tar) => tar.AsSpan().IndexOf("last.png"u8);

    private static byte[] Set(byte[] tar, int at, char value) => Set(tar, at, $"{value}");

    private static byte[] Set(byte[] tar, int at, string value)
    {
        Encoding.ASCII.GetBytes(value).CopyTo(tar, at);
        return value.Length == 1 ? tar : Summed(tar, at - 124);
    }

    private static byte[] Summed(byte[] tar, int header)
    {
        tar.AsSpan(header + 148, 8).Fill((byte)' ');
        var sum = tar.AsSpan(header, 512).ToArray().Sum(value => value);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(tar, header + 148);
        return tar;
    }

    private static byte[] Png(int value) => PictureFile.EncodePng(new Picture(12, 9, 3, [.. Enumerable.Range(0, 12 * 9 * 3).Select(i => (byte)(i * value))]));

    private (string, byte[])[] Good(string key) => Named(key, key, ("png", Png(_good.Count)), ("txt", Encoding.UTF8.GetBytes(key)));

    private (string, byte[])[] Named(string key, string caption, params (string, byte[])[] parts)
    {
        _good.Add(caption);
        return [.. parts.Select(part => ($"{key}.{part.Item1}", part.Item2))];
    }

    private (string, byte[])[] Bad(string key, byte[] picture, string extension = "jpg") => Named(key, (extension, picture), ("txt", "a caption"u8.ToArray()));

    private (string, byte[])[] Named(string key, params (string, byte[])[] parts)
    {
        _bad.Add(key);
        return [.. parts.Select(part => ($"{key}.{part.Item1}", part.Item2))];
    }
}
