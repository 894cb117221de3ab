using FsCheck;
using FsCheck.Fluent;
using Pagoda.Formats.Images;

namespace Pagoda.Tests.Formats.Images;

public class PictureTests
{
    [Theory]
    [InlineData(0, 1, 1, 0)]
    [InlineData(1, -1, 1, 0)]
    [InlineData(2, 2, 3, 11)]
    [InlineData(2, 2, 5, 20)]
    [InlineData(65536, 65536, 1, 0)]
    public void Picture_RefusesSizesThatDoNotFit(int width, int height, int channels, int bytes) =>
        Assert.Throws<PictureException>(() => new Picture(width, height, channels, new byte[bytes]));

    [Fact]
    public void ToRgb_LaysTransparencyOverTheBackground()
    {
        var picture = new Picture(3, 1, 4, [10, 20, 30, 255, 10, 20, 30, 0, 200, 100, 0, 128]);
        Assert.Equal([10, 20, 30, 255, 255, 255, 227, 177, 127], picture.ToRgb().Pixels);
        Assert.Equal([10, 20, 30, 0, 0, 0, 100, 50, 0], picture.ToRgb(0).Pixels);
        Assert.Equal([7, 7, 7], new Picture(1, 1, 1, [7]).ToRgb().Pixels);
        Assert.Equal([255, 255, 255], new Picture(1, 1, 2, [7, 0]).ToRgb().Pixels);
    }

    [Fact]
    public void Crop_TakesTheRectangle()
    {
        var picture = new Picture(3, 3, 1, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Equal([4, 5, 7, 8], picture.Crop(1, 1, 2, 2).Pixels);
        Assert.Throws<PictureException>(() => picture.Crop(2, 0, 2, 1));
        Assert.Throws<PictureException>(() => picture.Crop(int.MaxValue, 0, 1, 1));
        Assert.Throws<PictureException>(() => picture.Crop(0, 0, 0, 1));
    }

    [Fact]
    public void Orient_TurnsAsExifSays()
    {
        // 0 1 2
        // 3 4 5
        var picture = new Picture(3, 2, 1, [0, 1, 2, 3, 4, 5]);
        Assert.Equal([2, 1, 0, 5, 4, 3], picture.Orient(2).Pixels);
        Assert.Equal([5, 4, 3, 2, 1, 0], picture.Orient(3).Pixels);
        Assert.Equal([3, 4, 5, 0, 1, 2], picture.Orient(4).Pixels);
        Assert.Equal([0, 3, 1, 4, 2, 5], picture.Orient(5).Pixels);
        Assert.Equal([3, 0, 4, 1, 5, 2], picture.Orient(6).Pixels);
        Assert.Equal([5, 2, 4, 1, 3, 0], picture.Orient(7).Pixels);
        Assert.Equal([2, 5, 1, 4, 0, 3], picture.Orient(8).Pixels);
        Assert.Equal((2, 3), (picture.Orient(6).Width, picture.Orient(6).Height));
        Assert.Throws<ArgumentOutOfRangeException>(() => picture.Orient(9));
    }

    [Fact]
    public void FromPlanes_IsTheInverseOfToPlanes() =>
        Prop.ForAll(Gen.Choose(1, 9).Three().ToArbitrary(), size =>
        {
            var picture = PictureFileEncodeTests.Noise(size.Item1, size.Item2, 3, size.Item3);
            return Picture.FromPlanes(picture.ToPlanes(), picture.Width, picture.Height).Pixels.SequenceEqual(picture.Pixels);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void FromPlanes_ClampsAndRounds()
    {
        var picture = Picture.FromPlanes([-1f, 2f, float.NaN, 0.5f, float.PositiveInfinity, 0.498f], 6, 1);
        Assert.Equal([0, 255, 0, 128, 255, 127], picture.Pixels);
        Assert.Throws<PictureException>(() => Picture.FromPlanes(new float[8], 2, 2));
    }
}
