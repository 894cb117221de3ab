using System.Drawing;
using FsCheck;
using FsCheck.Fluent;
using Pagoda.Formats.Images;

namespace Pagoda.Tests.Formats.Images;

public class PictureWindowTests
{
    [Fact]
    public void DecodeJpegWindow_AnyWindow_TheSameBitsAsDecodeCropAndResize()
    {
        var random = new System.Random(1);
        var cases = Gen.Choose(1, 90).SelectMany(width => Gen.Choose(1, 90).SelectMany(height => Gen.Choose(1, 70).Select(size => (width, height, size))));
        Prop.ForAll(cases.ToArbitrary(), one =>
        {
            var (width, height, size) = one;
            // Grey pictures and those that lie on their side take the long way.
            var channels = random.Next(4) == 0 ? 1 : 3;
            var pixels = new byte[width * height * channels];
            random.NextBytes(pixels);
            var file = Turned(PictureFile.EncodeJpeg(new Picture(width, height, channels, pixels), 95), random.Next(3) == 0 ? random.Next(1, 9) : 1);
            (width, height) = PictureFile.JpegSize(file)!.Value;
            var (x, y) = (random.Next(width), random.Next(height));
            var window = new Rectangle(x, y, random.Next(1, width - x + 1), random.Next(1, height - y + 1));
            // Small enough a square may be decoded at a smaller scale, which has other pixels.
            size = Math.Max(size, Math.Min(window.Width, window.Height) / 2 + 1);
            var mirrored = random.Next(2) == 0;
            var planes = new byte[3 * size * size];
            PictureFile.DecodeJpegWindow(file, "a", (width, height), window, size, mirrored, planes);
            var expected = PictureFile.Decode(file).ToRgb().Crop(window.X, window.Y, window.Width, window.Height).Resize(size, size).Pixels;
            for (var i = 0; i < size * size; i++)
            {
                var column = mirrored ? size - 1 - (i % size) : i % size;
                for (var c = 0; c < 3; c++)
                {
                    if (planes[(c * size * size) + (i / size * size) + column] != expected[(3 * i) + c])
                    {
                        return false;
                    }
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void DecodeJpegWindow_LargePicture_IsDecodedSmallerAndLooksTheSame()
    {
        var pixels = new byte[512 * 384 * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)(128 + 100 * Math.Sin(i / 3 % 512 / 40.0) * Math.Cos(i / 3 / 512 / 30.0 + i % 3));
        }

        var file = PictureFile.EncodeJpeg(new Picture(512, 384, 3, pixels), 90);
        Assert.Equal((512, 384), PictureFile.JpegSize(file));
        var planes = new byte[3 * 32 * 32];
        PictureFile.DecodeJpegWindow(file, "a", (512, 384), new Rectangle(100, 20, 300, 320), 32, mirrored: false, planes);
        var whole = PictureFile.Decode(file).Crop(100, 20, 300, 320).Resize(32, 32).Pixels;
        // The scaled decoder's own filter and the window's edge, which falls between its pixels, move single numbers further than the mean.
        var apart = Enumerable.Range(0, 32 * 32 * 3).Select(i => Math.Abs(planes[(i % 3 * 1024) + (i / 3)] - whole[i])).ToArray();
        Assert.InRange(apart.Max(), 0, 20);
        Assert.InRange(apart.Average(), 0, 8);
    }

    [Fact]
    public void JpegSize_OfOtherFilesAndCutOnes_IsNothing()
    {
        var file = PictureFile.EncodeJpeg(new Picture(5, 7, 3, new byte[105]));
        Assert.Equal((5, 7), PictureFile.JpegSize(file));
        Assert.Null(PictureFile.JpegSize(PictureFile.EncodePng(new Picture(5, 7, 3, new byte[105]))));
        for (var length = 0; length < file.Length; length++)
        {
            Assert.True(PictureFile.JpegSize(file.AsSpan(0, length)) is null or (5, 7));
        }
    }

    [Fact]
    public void DecodeJpegWindow_OutsideThePicture_IsRefused()
    {
        var file = PictureFile.EncodeJpeg(new Picture(5, 7, 3, new byte[105]));
        Assert.Throws<ArgumentException>(() => PictureFile.DecodeJpegWindow(file, "a", (5, 7), new Rectangle(1, 0, 5, 7), 2, false, new byte[12]));
    }

    /// <summary>The file with an EXIF orientation.</summary>
    private static byte[] Turned(byte[] jpeg, int orientation) =>
    [
        .. jpeg[..2], 0xFF, 0xE1, 0, 34, .. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0, 0, 0, 0, 0, .. jpeg[2..],
    ];
}
