using Pagoda.Torch;

namespace Pagoda.Generation.Guidance;

/// <summary>What a step found out about the picture before changing it. Its tensors belong to the scope it was measured in.</summary>
public sealed record Measurement
{
    /// <summary>Mean of 1 - cosine over the views.</summary>
    public required Tensor ViewLoss { get; init; }

    /// <summary>Mean of 1 - cosine over the patches, those rejected counting 0; null without patches.</summary>
    public Tensor? PatchLoss { get; init; }

    /// <summary>Both, weighted: what is minimised.</summary>
    public required Tensor Loss { get; init; }

    /// <summary>The first guide's embeddings of the views, then of the patches, <c>[views + patches, embed]</c>, of length 1.</summary>
    public required Tensor Features { get; init; }

    /// <summary>The gradient of the loss with respect to the picture, <c>[1, 3, size, size]</c>.</summary>
    public required Tensor Gradient { get; init; }
}
