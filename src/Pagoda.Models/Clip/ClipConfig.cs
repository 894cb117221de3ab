namespace Pagoda.Models.Clip;

/// <summary>A CLIP model's shape: what open_clip's model configurations say.</summary>
public sealed record ClipConfig
{
    /// <summary>Size of the joint embedding.</summary>
    public required int EmbedDim { get; init; }

    /// <summary>The image tower.</summary>
    public required VisionConfig Vision { get; init; }

    /// <summary>The text tower.</summary>
    public required TextConfig Text { get; init; }

    /// <summary>x·σ(1.702x) in place of the exact GELU in both transformers: OpenAI's weights and those trained after them.</summary>
    public bool QuickGelu { get; init; }

    /// <summary>Mean per channel, subtracted from pixels in [0, 1]; OpenAI's unless the weights say otherwise.</summary>
    public double[] Mean { get; init; } = [0.48145466, 0.4578275, 0.40821073];

    /// <summary>Standard deviation per channel, which the difference is divided by.</summary>
    public double[] Std { get; init; } = [0.26862954, 0.26130258, 0.27577711];
}

/// <summary>The families of image tower.</summary>
public enum VisionArchitecture
{
    /// <summary>Vision transformer.</summary>
    ViT,
    /// <summary>OpenAI's ResNet with three-convolution stem and attention pool.</summary>
    ModifiedResNet,
    /// <summary>timm's ConvNeXt.</summary>
    ConvNeXt,
    /// <summary>A small residual network for small pictures (<see cref="ResidualTower"/>): the embedded model's.</summary>
    Residual,
}

/// <summary>An image tower's shape. Which properties matter depends on <see cref="Architecture"/>.</summary>
public sealed record VisionConfig
{
    /// <summary>The family.</summary>
    public required VisionArchitecture Architecture { get; init; }

    /// <summary>Side of the square input in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Blocks: one number for a transformer, one a stage for the others.</summary>
    public required int[] Layers { get; init; }

    /// <summary>Channels: one number for ViT and ModifiedResNet, one a stage for the others.</summary>
    public required int[] Width { get; init; }

    /// <summary>Side of a ViT's patch in pixels.</summary>
    public int PatchSize { get; init; }

    /// <summary>Channels of an attention head; OpenAI and open_clip use 64 except where a configuration says otherwise (ViT-H: 80).</summary>
    public int HeadWidth { get; init; } = 64;

    /// <summary>Width of a transformer block's hidden layer over the block's width.</summary>
    public double MlpRatio { get; init; } = 4;

    /// <summary>ConvNeXt: how the pooled features become an embedding.</summary>
    public ConvNeXtProjection Projection { get; init; }

    /// <summary>ConvNeXt: epsilon of its normalisations (1e-6; 1e-5 for xxlarge).</summary>
    public double NormEpsilon { get; init; } = 1e-6;
}

/// <summary>The three ways from ConvNeXt's trunk to the embedding (open_clip's timm_proj and timm_pool).</summary>
public enum ConvNeXtProjection
{
    /// <summary><c>head.proj</c> without bias (base_w, xxlarge).</summary>
    Linear,
    /// <summary><c>head.mlp</c> (large_d).</summary>
    Mlp,
    /// <summary>The trunk's own classifier <c>trunk.head.fc</c>.</summary>
    TrunkClassifier,
}

/// <summary>The text tower's shape.</summary>
public sealed record TextConfig
{
    /// <summary>Tokens in a row.</summary>
    public int ContextLength { get; init; } = 77;

    /// <summary>Tokens there are.</summary>
    public int VocabularySize { get; init; } = 49408;

    /// <summary>Channels.</summary>
    public required int Width { get; init; }

    /// <summary>Attention heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Blocks.</summary>
    public required int Layers { get; init; }
}
