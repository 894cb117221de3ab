using FsCheck;
using FsCheck.Fluent;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Vqgan;

public sealed class VqganModelTests
{
    [Fact]
    public void DecodeTokens_OfEncodeTokens_HasThePicturesShape()
    {
        using var scope = new TensorScope();
        var model = SmallVqgan.Build();
        var tokens = model.EncodeTokens(SmallVqgan.Images(2, 24, 40));
        Assert.Equal([2, 6, 10], tokens.Shape.ToArray());
        Assert.Equal([2, 3, 24, 40], model.DecodeTokens(tokens).Shape.ToArray());
    }

    [Fact]
    public void Encode_ASideThatIsNoMultiple_SaysWhichSidesAre()
    {
        using var scope = new TensorScope();
        var problem = Assert.Throws<ArgumentException>(() => SmallVqgan.Build().Encode(SmallVqgan.Images(1, 3, 3)));
        Assert.Contains("multiples of 4", problem.Message);
    }

    /// <summary>The decoder's doubling convolution by parity, with and without gradients, against doubling and convolving.</summary>
    [Fact]
    public void DoublingConvolution_IsDoublingThenConvolving() => Prop.ForAll(
        Gen.Choose(1, 5).Four().ToArbitrary(),
        sizes =>
        {
            using var scope = new TensorScope();
            var (n, channels, h, w) = sizes;
            var weights = Weights.Initialize(7, Device.Cpu);
            var convolution = new DoublingConvolution(weights, channels);
            var x = Ops.Randn([n, channels, h, w]).WithGrad();
            weights.Parameters["bias"].Copy_(Ops.Randn([channels]));
            weights.SetTrainable("", true);
            Tensor[] inputs = [x, weights.Parameters["weight"], weights.Parameters["bias"]];
            var expected = x.UpsampleNearest2d([2 * h, 2 * w]).Conv2d(inputs[1], inputs[2], [1, 1], [1, 1], [1, 1], 1);
            var actual = convolution.Forward(x);
            using var frozen = GradMode.Disable();
            var probe = Ops.Randn(expected.Shape);
            var wanted = Autograd.Grad(expected, inputs, probe);
            var got = Autograd.Grad(actual, inputs, probe);
            return Near(expected, actual) && Near(expected, convolution.Forward(x)) && wanted.Zip(got).All(pair => Near(pair.First, pair.Second));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Forward_WithAndWithoutGradients_IsTheSame()
    {
        using var scope = new TensorScope();
        var model = SmallVqgan.Build();
        var images = SmallVqgan.Images(1);
        var (latents, picture) = (model.Encode(images), model.Decode(model.Lookup(model.EncodeTokens(images))));
        using var inference = new InferenceMode();
        Assert.True(Near(latents, model.Encode(images)));
        Assert.True(Near(picture, model.DecodeTokens(model.EncodeTokens(images))));
    }

    [Fact]
    public void DecodeTokens_LeavesNoTensorBehind()
    {
        using var scope = new TensorScope();
        var model = SmallVqgan.Build();
        var tokens = model.EncodeTokens(SmallVqgan.Images(1));
        var before = LibTorch.LiveTensors;
        using (new TensorScope())
        {
            model.DecodeTokens(tokens);
        }

        Assert.Equal(before, LibTorch.LiveTensors);
    }

    [Fact]
    public void Checked_ShapesThatCannotBeBuilt_NameTheEntry()
    {
        foreach (var (config, word) in new[]
        {
            (SmallVqgan.Config with { Channels = 6 }, "groups"), (SmallVqgan.Config with { CodebookSize = 0 }, "n_embed"),
            (SmallVqgan.Config with { Multipliers = [] }, "ch_mult"), (SmallVqgan.Config with { Resolution = 18 }, "resolution"),
        })
        {
            Assert.Contains(word, Assert.Throws<InvalidDataException>(config.Checked).Message);
        }
    }

    [Fact]
    public void DecoderOperations_ByParity_AreFewerByFiveNinthsOfTheDoublingConvolutions()
    {
        var config = new VqganConfig();
        var saved = DecoderOperations.Count(config, 16, 16, byParity: false) - DecoderOperations.Count(config, 16, 16, byParity: true);
        // 512 channels at 32², 256 at 64² and 128², 128 at 256²: 2 · 5 taps of each.
        var expected = 10.0 * ((512.0 * 512 * 32 * 32) + (256.0 * 256 * ((64 * 64) + (128 * 128))) + (128.0 * 128 * 256 * 256));
        Assert.Equal(expected, saved, 1.0);
    }

    private static bool Near(Tensor expected, Tensor actual) =>
        expected.Shape.SequenceEqual(actual.Shape) && (expected - actual).Abs().Max().ToDouble() <= 1e-5 * (1 + expected.Abs().Max().ToDouble());
}
