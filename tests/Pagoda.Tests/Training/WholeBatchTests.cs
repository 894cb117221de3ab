using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training.Batches;

namespace Pagoda.Tests.Training;

[Trait("Host", "small")]
public sealed class WholeBatchTests : IDisposable
{
    private readonly TensorScope _scope = new();

    public static TheoryData<VisionArchitecture, int, bool> Ways => new()
    {
        { VisionArchitecture.Residual, 3, false },
        { VisionArchitecture.Residual, 0, true },
        { VisionArchitecture.Residual, 2, true },
        { VisionArchitecture.ViT, 3, false },
        { VisionArchitecture.ViT, 4, true },
        { VisionArchitecture.ConvNeXt, 0, true },
        { VisionArchitecture.ModifiedResNet, 0, true },
    };

    /// <summary>The loss is the whole batch's, whatever goes through the towers at a time, and so are the gradients of weights and pixels.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public void Accumulate_InChunksOrBySegments_IsTheSame(VisionArchitecture architecture, int chunk, bool checkpointing)
    {
        var model = Model(architecture);
        var size = model.Config.Vision.ImageSize;
        Generator.Seed(2);
        var images = Ops.Rand([7, 3, size, size]);
        var tokens = TinyTraining.Batch(7).Tokens;
        Tensor Loss(Tensor features, Tensor texts) => ClipLoss.Compute(features, texts, model.LogitScale);

        var towers = new TowerPair(model, autocast: false);
        var whole = new WholeBatch(towers);
        var loss = whole.Accumulate(images, tokens, Loss);
        var expected = Taken(model);
        var texts = whole.EncodeText(tokens);
        var pixels = towers.Frozen(() => whole.PixelGradient(images, features => Loss(features, texts)));

        var parts = new WholeBatch(towers, chunk, checkpointing);
        Assert.Equal(loss, parts.Accumulate(images, tokens, Loss), 6);
        foreach (var (name, gradient) in Taken(model))
        {
            Near(expected[name], gradient, name);
        }

        Near(pixels, towers.Frozen(() => parts.PixelGradient(images, features => Loss(features, texts))), "pixels");
        Assert.All(model.Weights.Parameters.Values, weight => Assert.Null(weight.Grad));
    }

    [Fact]
    public void Accumulate_WithFixedTexts_LeavesTheTextTowerAlone()
    {
        var model = Model(VisionArchitecture.Residual);
        model.Weights.SetTrainable("", false);
        model.Weights.SetTrainable("visual.", true);
        var batch = new WholeBatch(new TowerPair(model, autocast: false));
        Assert.False(batch.Towers.TrainsText);
        var (images, tokens) = TinyTraining.Batch(4);
        batch.Accumulate(images, batch.EncodeText(tokens), (features, texts) => ClipLoss.Compute(features, texts, model.LogitScale));
        Assert.All(model.Weights.Parameters, weight => Assert.Equal(weight.Key.StartsWith("visual.", StringComparison.Ordinal), weight.Value.Grad is not null));
    }

    public void Dispose() => _scope.Dispose();

    private static ClipModel Model(VisionArchitecture architecture)
    {
        var vision = architecture switch
        {
            VisionArchitecture.ViT => new VisionConfig { Architecture = architecture, ImageSize = 16, PatchSize = 8, Width = [32], Layers = [2], HeadWidth = 16 },
            VisionArchitecture.ConvNeXt => new VisionConfig { Architecture = architecture, ImageSize = 32, Width = [8, 16], Layers = [1, 1], Projection = ConvNeXtProjection.Mlp },
            VisionArchitecture.ModifiedResNet => new VisionConfig { Architecture = architecture, ImageSize = 32, Width = [8], Layers = [1, 1, 1, 1], HeadWidth = 64 },
            _ => TinyTraining.Config.Vision,
        };
        var model = new ClipModel(Weights.Initialize(3, Device.Cpu), TinyTraining.Config with { Vision = vision });
        model.Weights.SetTrainable("", true);
        return model;
    }

    private static Dictionary<string, Tensor> Taken(ClipModel model)
    {
        var gradients = model.Weights.Parameters.Where(weight => weight.Value.Grad is not null).ToDictionary(weight => weight.Key, weight => weight.Value.Grad!.Clone());
        foreach (var weight in model.Weights.Parameters.Values)
        {
            weight.Grad = null;
        }

        return gradients;
    }

    private static void Near(Tensor expected, Tensor actual, string what) =>
        Assert.True(Ops.Allclose(expected, actual, 1e-3, 1e-5), $"{what}: {(expected - actual).Abs().Max().ToDouble()} apart of {expected.Abs().Max().ToDouble()}");
}
