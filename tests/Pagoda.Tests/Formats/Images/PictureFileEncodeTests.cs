using FsCheck;
using FsCheck.Fluent;
using Pagoda.Formats.Images;

namespace Pagoda.Tests.Formats.Images;

public class PictureFileEncodeTests
{
    private static readonly Arbitrary<Picture> AnyPicture = Arb.From(
        from width in Gen.Choose(1, 40)
        from height in Gen.Choose(1, 40)
        from channels in Gen.Choose(1, 4)
        from seed in Gen.Choose(0, int.MaxValue)
        select Noise(width, height, channels, seed));

    [Fact]
    public void EncodePng_IsUndoneByDecode() =>
        Prop.ForAll(AnyPicture, picture => Same(picture, PictureFile.Decode(PictureFile.EncodePng(picture)))).QuickCheckThrowOnFailure();

    [Fact]
    public void EncodePng_OfSixteenBitsIsUndoneByDecode() =>
        Prop.ForAll(AnyPicture, picture =>
        {
            var samples = Array.ConvertAll(picture.Pixels, value => (ushort)(value * 251));
            var deep = new Picture16(picture.Width, picture.Height, picture.Channels, samples);
            var back = PictureFile.DecodePng16(PictureFile.EncodePng(deep));
            return back.Samples.AsSpan().SequenceEqual(samples) && back.Width == deep.Width && back.Channels == deep.Channels;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void EncodeWebp_LosslessIsUndoneByDecode() =>
        Prop.ForAll(AnyPicture, picture =>
        {
            var back = PictureFile.Decode(PictureFile.EncodeWebp(picture, 20, lossless: true));
            return picture.HasTransparency ? Same(picture.ToRgba(), back.ToRgba()) : Same(picture.ToRgb(), back);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void EncodePng_KeepsEveryModeOfAFile()
    {
        foreach (var name in new[] { "bilevel.png", "palette4.png", "palette-alpha.png", "grey-key.png", "rgb-key.png", "grey-alpha.png", "grey.png" })
        {
            var picture = Samples.Picture(name);
            var back = PictureFile.Decode(PictureFile.EncodePng(picture));
            Assert.Equal(picture.Mode, back.Mode);
            Assert.Equal(picture.Pixels, back.Pixels);
            Assert.Equal(picture.Palette, back.Palette);
            Assert.Equal(picture.TransparentColour, back.TransparentColour);
        }
    }

    [Fact]
    public void EncodePng_GivesTheSameBytesTwice()
    {
        var picture = Noise(31, 17, 3, 5);
        PngText[] texts = [new("parameters", "a cat"), new("Title", "塔")];
        Assert.Equal(PictureFile.EncodePng(picture, texts), PictureFile.EncodePng(picture, texts));
    }

    [Fact]
    public void EncodePng_OfAnIndexBeyondThePaletteIsRefused()
    {
        var picture = Picture.FromPalette(2, 1, [0, 9], [10, 20, 30, 255]);
        Assert.Equal([10, 20, 30, 0, 0, 0], picture.ToRgb().Pixels);
        Assert.Contains("index 9", Assert.Throws<PictureException>(() => PictureFile.EncodePng(picture)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EncodeJpeg_StaysNearThePicture()
    {
        var picture = Samples.Picture("rgb.jpg");
        var back = PictureFile.Decode(PictureFile.EncodeJpeg(picture, 95));
        Assert.Equal(picture.Pixels.Length, back.Pixels.Length);
        Assert.InRange(picture.Pixels.Zip(back.Pixels).Average(pair => Math.Abs(pair.First - pair.Second)), 0, 4);
        Assert.True(PictureFile.EncodeJpeg(picture, 10).Length < PictureFile.EncodeJpeg(picture, 95).Length);
    }

    [Fact]
    public void EncodeJpeg_KeepsGreyAndLaysTransparencyOverWhite()
    {
        Assert.Equal(PictureMode.Grey, PictureFile.Decode(PictureFile.EncodeJpeg(Samples.Picture("grey.png"))).Mode);
        var clear = new Picture(8, 8, 4, new byte[256]);
        Assert.All(PictureFile.Decode(PictureFile.EncodeJpeg(clear)).Pixels, value => Assert.Equal(255, value));
    }

    [Fact]
    public void EncodeWebpAnimation_KeepsFramesTimesAndLoops()
    {
        Picture[] frames = [Noise(16, 12, 3, 1), Noise(16, 12, 3, 2), Noise(16, 12, 4, 3)];
        var file = PictureFile.EncodeWebpAnimation(frames, TimeSpan.FromMilliseconds(41.7), loops: 3, lossless: true);
        Assert.Equal(frames[0].Pixels, PictureFile.Decode(file).ToRgb().Pixels);
        var animation = file.AsSpan().IndexOf("ANIM"u8);
        Assert.Equal(3, file[animation + 12]);
        var times = new List<int>();
        for (var at = 0; file.AsSpan(at).IndexOf("ANMF"u8) is >= 0 and var next; at += next + 4)
        {
            times.Add(file[at + next + 20] | (file[at + next + 21] << 8));
        }

        Assert.Equal([42, 41, 42], times);
    }

    [Fact]
    public void Encode_RefusesWhatIsOutOfRange()
    {
        var picture = Noise(4, 4, 3, 0);
        Assert.Throws<PictureException>(() => PictureFile.EncodeJpeg(picture, 0));
        Assert.Throws<PictureException>(() => PictureFile.EncodeWebp(picture, float.NaN));
        Assert.Throws<PictureException>(() => PictureFile.EncodePng(picture, compression: 10));
        Assert.Throws<PictureException>(() => PictureFile.EncodeWebpAnimation([], TimeSpan.FromSeconds(1)));
        Assert.Throws<PictureException>(() => PictureFile.EncodeWebpAnimation([picture, Noise(4, 5, 3, 0)], TimeSpan.FromSeconds(1)));
        Assert.Throws<PictureException>(() => PictureFile.EncodeWebpAnimation([picture], TimeSpan.Zero));
        Assert.Contains("16383", Assert.Throws<PictureException>(() => PictureFile.EncodeWebp(new Picture(16384, 1, 1, new byte[16384]))).Message, StringComparison.Ordinal);
        Assert.Contains("65500", Assert.Throws<PictureException>(() => PictureFile.EncodeJpeg(new Picture(65501, 1, 1, new byte[65501]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_OverwritesOnlyByForceAndLeavesNothingBehind()
    {
        var folder = Directory.CreateTempSubdirectory("pagoda-save");
        try
        {
            var path = Path.Combine(folder.FullName, "deep", "cat.png");
            PictureFile.Save(path, [1]);
            Assert.Contains("exists already", Assert.Throws<PictureException>(() => PictureFile.Save(path, [2])).Message, StringComparison.Ordinal);
            Assert.Equal([1], File.ReadAllBytes(path));
            PictureFile.Save(path, [2], force: true);
            Assert.Equal([2], File.ReadAllBytes(path));
            Assert.Throws<PictureException>(() => PictureFile.Save(Path.Combine(path, "below-a-file.png"), [3]));
            Assert.Throws<PictureException>(() => PictureFile.Save(Path.GetDirectoryName(path)!, [3], force: true));
            Assert.Single(folder.EnumerateFiles("*", SearchOption.AllDirectories));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    internal static Picture Noise(int width, int height, int channels, int seed)
    {
        var pixels = new byte[width * height * channels];
        new Random(seed).NextBytes(pixels);
        return new Picture(width, height, channels, pixels);
    }

    private static bool Same(Picture a, Picture b) =>
        a.Width == b.Width && a.Height == b.Height && a.Mode == b.Mode && a.Pixels.AsSpan().SequenceEqual(b.Pixels);
}
