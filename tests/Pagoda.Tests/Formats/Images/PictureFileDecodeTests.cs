using System.Buffers.Binary;
using Pagoda.Formats.Images;

namespace Pagoda.Tests.Formats.Images;

public class PictureFileDecodeTests
{
    [Theory]
    [InlineData("rgb.jpg")]
    [InlineData("progressive.jpg")]
    [InlineData("grey.jpg")]
    [InlineData("cmyk.jpg")]
    [InlineData("ycck.jpg")]
    [InlineData("rgb.webp")]
    [InlineData("lossless.webp")]
    [InlineData("alpha.webp")]
    [InlineData("animation.webp")]
    [InlineData("interlaced.png")]
    [InlineData("rgb16.png")]
    [InlineData("rgba16-interlaced.png")]
    public void Decode_GivesWhatPillowReads(string name)
    {
        var picture = Samples.Picture(name);
        var expected = Samples.Picture($"{name}.pillow.png");
        Assert.Equal((expected.Width, expected.Height, expected.Mode), (picture.Width, picture.Height, picture.Mode));
        Assert.Equal(expected.Pixels, picture.Pixels);
    }

    [Theory]
    [InlineData("bilevel.png", PictureMode.Bilevel, false)]
    [InlineData("palette4.png", PictureMode.Palette, false)]
    [InlineData("palette-alpha.png", PictureMode.Palette, true)]
    [InlineData("grey-key.png", PictureMode.Grey, true)]
    [InlineData("rgb-key.png", PictureMode.Rgb, true)]
    [InlineData("grey-alpha.png", PictureMode.GreyAlpha, true)]
    public void Decode_KeepsTheModeAndItsTransparency(string name, PictureMode mode, bool transparent)
    {
        var picture = Samples.Picture(name);
        Assert.Equal((mode, transparent), (picture.Mode, picture.HasTransparency));
        Assert.Equal(Samples.Picture($"{name}.pillow.png").Pixels, picture.ToRgba().Pixels);
    }

    [Fact]
    public void Decode_OfSixteenBitGreyGivesTheHighBytes()
    {
        var picture = Samples.Picture("grey16.png");
        Assert.Equal((13, 9, PictureMode.Grey), (picture.Width, picture.Height, picture.Mode));
        Assert.Equal(Enumerable.Range(0, 117).Select(i => (byte)(SixteenBitGrey(i) >> 8)), picture.Pixels);
    }

    [Fact]
    public void DecodePng16_GivesEveryBit()
    {
        var picture = PictureFile.DecodePng16(Samples.Bytes("grey16.png"));
        Assert.Equal((13, 9, 1), (picture.Width, picture.Height, picture.Channels));
        Assert.Equal(Enumerable.Range(0, 117).Select(SixteenBitGrey), picture.Samples);
    }

    [Fact]
    public void DecodePng16_StretchesLesserDepths()
    {
        var deep = PictureFile.DecodePng16(Samples.Bytes("palette-alpha.png"));
        Assert.Equal(4, deep.Channels);
        Assert.Equal(Samples.Picture("palette-alpha.png").ToRgba().Pixels, deep.ToPicture().Pixels);
    }

    [Theory]
    [InlineData("orientation1.jpg")]
    [InlineData("orientation2.jpg")]
    [InlineData("orientation3.jpg")]
    [InlineData("orientation4.jpg")]
    [InlineData("orientation5.jpg")]
    [InlineData("orientation6.jpg")]
    [InlineData("orientation7.jpg")]
    [InlineData("orientation8.jpg")]
    [InlineData("orientation6.png")]
    [InlineData("orientation6.webp")]
    public void Decode_TurnsPicturesUpright(string name)
    {
        var picture = Samples.Picture(name);
        var upright = Samples.Picture("upright.png");
        Assert.Equal((upright.Width, upright.Height), (picture.Width, picture.Height));
        Assert.All(picture.Pixels.Zip(upright.Pixels), pair => Assert.InRange(pair.First - pair.Second, -12, 12));
    }

    [Fact]
    public void Decode_LeavesPicturesAsStoredWhenAsked()
    {
        var stored = PictureFile.Decode(Samples.Bytes("orientation6.jpg"), limits: new DecodeLimits { ApplyOrientation = false });
        Assert.Equal((32, 48), (stored.Width, stored.Height));
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(3, 3)]
    [InlineData(4, 6)]
    [InlineData(12, 12)]
    [InlineData(13, 15)]
    [InlineData(24, 24)]
    [InlineData(100, 24)]
    public void Decode_ScalesAJpegToNoLessThanTheMinimum(int minimum, int expected)
    {
        var picture = PictureFile.Decode(Samples.Bytes("rgb.jpg"), limits: new DecodeLimits { MinimumSize = minimum });
        Assert.Equal(expected, picture.Height);
        Assert.Equal(expected * 40 / 24, picture.Width);
    }

    [Fact]
    public void Decode_IgnoresWhatFollowsAFile()
    {
        foreach (var name in new[] { "rgb.png", "rgb.jpg", "rgb.webp", "lossless.webp", "animation.webp" })
        {
            byte[] padded = [.. Samples.Bytes(name), .. "trailing garbage"u8];
            Assert.Equal(Samples.Picture(name).Pixels, PictureFile.Decode(padded).Pixels);
        }
    }

    [Fact]
    public void Decode_RefusesOtherFormats()
    {
        Assert.Contains("47494638", Refusal("GIF89a"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("empty", Refusal([]), StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_RefusesAPngThatClaimsTooMuch()
    {
        byte[] header = [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 6, 0, 0, 0];
        byte[] bomb = [.. PngChunks.Signature, .. PngChunks.Make("IHDR"u8, header), .. PngChunks.Make("IDAT"u8, [0x78, 0x9C, 3, 0]), .. PngChunks.Make("IEND"u8, [])];
        var before = Environment.WorkingSet;
        Assert.Contains("60000 x 60000", Refusal(bomb), StringComparison.Ordinal);
        Assert.InRange(Environment.WorkingSet - before, long.MinValue, 64 << 20);
    }

    [Fact]
    public void Decode_RefusesAJpegThatClaimsTooMuch()
    {
        var bomb = Samples.Bytes("rgb.jpg");
        var frame = bomb.AsSpan().IndexOf<byte>([0xFF, 0xC0]);
        BinaryPrimitives.WriteUInt16BigEndian(bomb.AsSpan(frame + 5), 65000);
        BinaryPrimitives.WriteUInt16BigEndian(bomb.AsSpan(frame + 7), 64000);
        Assert.Contains("64000 x 65000", Refusal(bomb), StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_RefusesAnAnimationThatClaimsTooMuch()
    {
        var bomb = Samples.Bytes("animation.webp");
        var canvas = bomb.AsSpan().IndexOf("VP8X"u8) + 12;
        byte[] sides = [0xFF, 0x3F, 0, 0xFF, 0x3F, 0];
        sides.CopyTo(bomb, canvas);
        Assert.Contains("16384 x 16384", Refusal(bomb), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rgb.png")]
    [InlineData("rgb.jpg")]
    [InlineData("progressive.jpg")]
    [InlineData("rgb.webp")]
    public void Decode_KeepsToItsLimits(string name)
    {
        Assert.Contains("limit of 100 pixels", Refusal(Samples.Bytes(name), new DecodeLimits { MaximumPixels = 100 }), StringComparison.Ordinal);
        Assert.Contains("limit of 100 bytes", Refusal(Samples.Bytes(name), new DecodeLimits { MaximumBytes = 100 }), StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_RefusesAPngWithoutPixels()
    {
        var png = Samples.Bytes("rgb.png");
        byte[] header = [0, 0, 0, 0, 0, 0, 0, 9, 8, 2, 0, 0, 0];
        byte[] empty = [.. PngChunks.Signature, .. PngChunks.Make("IHDR"u8, header), .. png.AsSpan(33)];
        Assert.Contains("cannot be decoded", Refusal(empty), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NamesTheFileThatIsMissing() =>
        Assert.Contains("/nowhere/at-all.png", Assert.Throws<PictureException>(() => PictureFile.Load("/nowhere/at-all.png")).Message, StringComparison.Ordinal);

    private static ushort SixteenBitGrey(int i) => (ushort)(((i % 13 * 5000) + (i / 13 * 300)) % 65536);

    private static string Refusal(byte[] data, DecodeLimits? limits = null)
    {
        var message = Assert.Throws<PictureException>(() => PictureFile.Decode(data, "some.file", limits)).Message;
        Assert.StartsWith("some.file", message, StringComparison.Ordinal);
        return message;
    }
}
