using Pagoda.Generation.Alignment;
using Pagoda.Tests.Training;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation.Alignment;

public sealed class AlignmentScoreTests : IDisposable
{
    private readonly TensorScope _scope = new();

    /// <summary>The left quarter of a picture of 32 pixels.</summary>
    private static Tensor Masks(long count) => Ops.Cat([Ops.Ones([count, 1, 32, 8]), Ops.Zeros([count, 1, 32, 24])], 3);

    [Fact]
    public void Of_Noise_IsOneAndASixteenth()
    {
        Generator.Seed(5);
        var score = AlignmentScore.Of(Ops.Randn([64, 3, 32, 32]), Masks(64));
        Assert.Equal(1, score.Concentration, 0.02);
        Assert.Equal(1.0 / 16, score.Coarseness, 0.002);
    }

    [Fact]
    public void Of_AnEvenGradientOnTheObject_IsAsHighAsItCanBe()
    {
        var score = AlignmentScore.Of(Masks(3) * Ops.Ones([3, 3, 32, 32]) * 1e-4, Masks(3));
        Assert.Equal(4, score.Concentration, 4);
        Assert.Equal(1, score.Coarseness, 4);
    }

    [Fact]
    public void Of_AnyScaleOfTheGradient_IsTheSame()
    {
        var gradient = Ops.Randn([2, 3, 32, 32]);
        var (one, other) = (AlignmentScore.Of(gradient, Masks(2)), AlignmentScore.Of(gradient * 1e-6, Masks(2)));
        Assert.Equal(one.Concentration, other.Concentration, 4);
        Assert.Equal(one.Coarseness, other.Coarseness, 4);
    }

    [Fact]
    public void InputGradient_OfManyPictures_IsThatOfEach()
    {
        var model = TinyTraining.Model();
        var (images, tokens) = TinyTraining.Batch(19);
        var texts = model.EncodeText(tokens).Detach();
        var all = InputGradient.Of(model, images, texts);
        foreach (var i in new[] { 0, 15, 16, 18 })
        {
            var one = InputGradient.Of(model, images.Narrow(0, i, 1), texts.Narrow(0, i, 1));
            Assert.True(Ops.Allclose(one, all.Narrow(0, i, 1), 1e-4, 1e-7));
        }

        // A small step down the gradient lowers the energy by the gradient's squared length times the step.
        double Energy(Tensor pictures) => -(model.EncodeImage(pictures) * texts).Sum().ToDouble();
        const double Step = 1e-2;
        var expected = -all.Square().Sum().ToDouble() * Step;
        Assert.Equal(1, (Energy(images - (all * Step)) - Energy(images)) / expected, 0.1);
        Assert.All(model.Weights.Parameters.Values, weight => Assert.Null(weight.Grad));
    }

    [Fact]
    public void ToPixels_NoGradient_IsGrey() =>
        Assert.All(InputGradient.ToPixels(Ops.Zeros([1, 3, 4, 4])).ToArray<float>(), value => Assert.Equal(0.5f, value));

    public void Dispose() => _scope.Dispose();
}
