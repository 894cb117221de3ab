using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Clip;

/// <summary>CLIP models small enough for tests, every weight random.</summary>
internal static class SmallClip
{
    public static ClipConfig ViT { get; } = new()
    {
        EmbedDim = 16,
        Vision = new() { Architecture = VisionArchitecture.ViT, ImageSize = 32, PatchSize = 8, Width = [64], Layers = [2], HeadWidth = 32 },
        Text = new() { ContextLength = 12, VocabularySize = 600, Width = 64, Heads = 2, Layers = 2 },
    };

    public static ClipConfig ConvNeXt { get; } = ViT with
    {
        Vision = new() { Architecture = VisionArchitecture.ConvNeXt, ImageSize = 64, Width = [8, 16, 24, 32], Layers = [1, 1, 2, 1], Projection = ConvNeXtProjection.Mlp, NormEpsilon = 1e-5 },
    };

    public static ClipConfig ResNet { get; } = ViT with
    {
        Vision = new() { Architecture = VisionArchitecture.ModifiedResNet, ImageSize = 64, Width = [8], Layers = [1, 2, 1, 1] },
    };

    public static ClipConfig Residual { get; } = ViT with
    {
        Vision = new() { Architecture = VisionArchitecture.Residual, ImageSize = 32, Width = [8, 16], Layers = [0, 1] },
        Mean = [0.5, 0.5, 0.5],
        Std = [0.25, 0.5, 0.5],
    };

    public static ClipModel Build(ClipConfig config, ulong seed = 1)
    {
        var model = new ClipModel(Weights.Initialize(seed, Device.Cpu), config);
        // Zeros and ones would hide a bias or a scale that is left out.
        var generator = new Generator(seed + 1);
        foreach (var (name, tensor) in model.Weights.StateDict)
        {
            if (name.EndsWith("running_var", StringComparison.Ordinal))
            {
                tensor.Uniform_(0.5, 1.5, generator);
            }
            else if (tensor.Elements > 1)
            {
                tensor.Normal_(0, 0.2, generator);
            }
        }

        return model;
    }

    public static Tensor Images(ClipConfig config, int count = 2) =>
        Ops.Rand([count, 3, config.Vision.ImageSize, config.Vision.ImageSize], new Generator(5));

    public static Tensor Tokens(ClipConfig config, int count = 2)
    {
        var rows = Ops.Randint(1, config.Text.VocabularySize - 1, [count, config.Text.ContextLength], new Generator(6));
        rows.Select(1, 7).Fill_(config.Text.VocabularySize - 1);
        return rows;
    }
}

/// <summary>Tensors by name, as if they were a checkpoint.</summary>
internal sealed class TensorDictionary(IReadOnlyDictionary<string, Tensor> tensors) : IWeightSource
{
    public string Description => "test.safetensors";

    public IEnumerable<string> Names => tensors.Keys;

    public long[]? Shape(string name) => tensors.TryGetValue(name, out var tensor) ? tensor.Shape.ToArray() : null;

    public Tensor Read(string name) => tensors[name].Clone();
}
