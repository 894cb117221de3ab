using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation;

/// <summary>A CLIP of some thousand random weights for 16-pixel pictures, which paints in no time.</summary>
internal static class TinyClip
{
    public const int Size = 16;

    public static ClipTokenizer Tokenizer { get; } = BpeTrainer.Train(["a red apple", "a cat", "oil painting", "a blurry photo"], 540);

    public static ClipConfig Config { get; } = new()
    {
        EmbedDim = 16,
        Mean = [0.5, 0.5, 0.5],
        Std = [0.5, 0.5, 0.5],
        Vision = new VisionConfig { Architecture = VisionArchitecture.Residual, ImageSize = Size, Layers = [1, 1], Width = [8, 16] },
        Text = new TextConfig { ContextLength = 16, VocabularySize = Tokenizer.VocabularySize, Width = 16, Heads = 2, Layers = 1 },
    };

    public static ClipModel Model(ulong seed = 1) => new(Weights.Initialize(seed, Device.Cpu), Config);
}
