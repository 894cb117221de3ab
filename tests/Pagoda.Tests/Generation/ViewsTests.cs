using Pagoda.Generation;
using Pagoda.Generation.Augment;
using Pagoda.Generation.Recipes;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation;

public sealed class ViewsTests
{
    [Theory]
    [InlineData(16, 4)]
    [InlineData(40, 4 + 4)]
    [InlineData(8, 4)]
    public void Apply_AnySize_GivesViewsThenPatchesAtTheModelsSize(int size, int expected)
    {
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var views = new Views(Recipe.Energy, modelSize: 16);

        var batch = views.Apply(Ops.Full([1, 3, size, size], 0.5, ScalarType.Float32), views.Draw(size, generator, Device.Cpu));

        Assert.Equal([expected, 3, 16, 16], batch.Shape.ToArray());
    }

    [Fact]
    public void Apply_EvenPicture_StaysEvenUnderResizing()
    {
        using var scope = new TensorScope();
        var picture = Ops.Full([1, 3, 37, 37], 0.25, ScalarType.Float32);

        var small = SeparableSampling.Resize(picture, 16).ToArray<float>();
        var patch = RandomCropResize.Apply(picture, [new Crop(3, 30, 7)], 16).ToArray<float>();

        Assert.All(small.Concat(patch), value => Assert.Equal(0.25f, value, 5));
    }

    [Fact]
    public void Apply_Crop_ShowsThatPartOfThePicture()
    {
        using var scope = new TensorScope();
        var ramp = Ops.Arange(64).To(ScalarType.Float32).Reshape([1, 1, 8, 8]).Repeat([1, 3, 1, 1]);

        var patch = RandomCropResize.Apply(ramp, [new Crop(2, 4, 3)], 3).ToArray<float>();

        Assert.Equal([20f, 21, 22, 28, 29, 30, 36, 37, 38], patch[..9]);
    }

    [Fact]
    public void Draw_Crops_LieInsideThePicture()
    {
        using var generator = new Generator(5);

        var crops = RandomCropResize.Draw(500, 37, 0.3, 1, generator);

        Assert.All(crops, crop => Assert.True(crop is { Top: >= 0, Left: >= 0, Side: >= 11 } && crop.Top + crop.Side <= 37 && crop.Left + crop.Side <= 37));
        Assert.Contains(crops, crop => crop.Side == 37);
    }

    [Fact]
    public void ZoomAndShift_ZoomedOut_ShowsAWhiteMargin()
    {
        using var scope = new TensorScope();
        var black = Ops.Zeros([1, 3, 16, 16], ScalarType.Float32);

        var view = ZoomAndShift.Apply(black, new ZoomAndShiftDraws([0.5f], [0], [0])).ToArray<float>();

        Assert.Equal((1f, 0f), (view[0], view[(8 * 16) + 8]));
    }

    [Fact]
    public void ZoomAndShift_AsItIs_ChangesNothing()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var picture = Ops.Rand([1, 3, 16, 16], generator, ScalarType.Float32);

        var view = ZoomAndShift.Apply(picture, new ZoomAndShiftDraws([1], [0], [0]));

        Assert.True((view - picture).Abs().Max().ToDouble() < 1e-5);
    }

    [Fact]
    public void DiffAugment_UnknownPart_IsNamed()
    {
        Assert.Contains("colour", Assert.Throws<GenerationException>(() => new DiffAugment("colour,cutout")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DynamicThreshold_AnyPicture_LiesInRangeAndLeavesGoodOnesAlone()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var wide = Ops.Randn([1, 3, 8, 8], generator, ScalarType.Float32);
        var good = wide.Sigmoid();

        var fitted = DynamicThreshold.Apply(wide, 0.95).ToArray<float>();

        Assert.All(fitted, value => Assert.InRange(value, 0, 1));
        Assert.True((DynamicThreshold.Apply(good, 0.95) - good).Abs().Max().ToDouble() < 1e-6);
    }
}
