namespace Pagoda.Training;

/// <summary>
/// The transformer of CLIP-GEN, what it is conditioned on and what it predicts; defaults are those of the published code's medium size
/// (HFAiLab/clip-gen: train_gpt.py, models/gpt.py).
/// </summary>
public sealed record GptOptions
{
    /// <summary>The VQGAN whose tokens are predicted: a folder, a file or a name.</summary>
    public string Vqgan { get; init; } = "";

    /// <summary>The CLIP whose picture embeddings are the condition: a folder, a file or a name.</summary>
    public string Clip { get; init; } = "";

    /// <summary>Width and height of the pictures in pixels.</summary>
    public int Resolution { get; init; } = 256;

    /// <summary>Blocks.</summary>
    public int Layers { get; init; } = 24;

    /// <summary>Channels.</summary>
    public int Width { get; init; } = 1024;

    /// <summary>Attention heads; they divide the width.</summary>
    public int Heads { get; init; } = 16;

    /// <summary>Share of numbers dropped in training.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Share of pictures whose condition is zeros, for classifier-free guidance.</summary>
    public double ConditionDropout { get; init; }

    /// <summary>Length of the noise added to the condition, over the condition's own length, before it is made of length 1 again; it teaches the transformer to paint from embeddings that no picture has, as texts' are.</summary>
    public double ConditionNoise { get; init; }

    /// <summary>Weight λ of the embedding reconstruction loss: how far the CLIP embedding of the decoded prediction is from the condition. The paper has 0.2, its code 0.</summary>
    public double EmbeddingLoss { get; init; }
}
