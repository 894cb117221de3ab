using Pagoda.Formats.Images;

namespace Pagoda.Tests.Formats.Images;

public class ResamplerTests
{
    [Theory]
    [InlineData("rgb")]
    [InlineData("rgba")]
    [InlineData("grey")]
    [InlineData("grey-alpha")]
    public void Resize_EqualsPillowWithEveryFilter(string name)
    {
        var picture = Samples.Picture($"{name}.png");
        var strip = Samples.Picture($"{name}.resized.png");
        foreach (var filter in Enum.GetValues<Resampling>())
        {
            Assert.Equal(strip.Crop(0, 17 * (int)filter, 20, 17).Pixels, picture.Resize(20, 17, filter).Pixels);
            Assert.Equal(strip.Crop(0, 85 + (4 * (int)filter), 5, 4).Pixels, picture.Resize(5, 4, filter).Pixels);
        }
    }

    [Fact]
    public void Resize_KeepsAFlatColour()
    {
        var flat = new Picture(37, 23, 3, [.. Enumerable.Repeat(new byte[] { 0, 130, 255 }, 37 * 23).SelectMany(colour => colour)]);
        foreach (var filter in Enum.GetValues<Resampling>())
        {
            Assert.Equal(flat.Crop(0, 0, 11, 7).Pixels, flat.Resize(11, 7, filter).Pixels);
            Assert.Equal([0, 130, 255], flat.Resize(200, 99, filter).Crop(150, 50, 1, 1).Pixels);
        }
    }

    [Fact]
    public void Resize_ResolvesPalettesUnlessNearest()
    {
        var picture = Samples.Picture("palette-alpha.png");
        Assert.Equal(PictureMode.Rgba, picture.Resize(6, 4).Mode);
        Assert.Equal(PictureMode.Palette, picture.Resize(6, 4, Resampling.Nearest).Mode);
        Assert.Equal(PictureMode.Rgb, Samples.Picture("palette4.png").Resize(6, 4).Mode);
        Assert.Equal(PictureMode.Grey, Samples.Picture("bilevel.png").Resize(6, 4).Mode);
    }

    [Fact]
    public void Resize_RefusesEmptyAndEndlessSizes()
    {
        var picture = new Picture(1, 1, 3, [1, 2, 3]);
        Assert.Throws<PictureException>(() => picture.Resize(0, 5));
        Assert.Throws<PictureException>(() => picture.Resize(100_000, 100_000));
    }
}
