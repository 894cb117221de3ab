using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Clip;

/// <summary>
/// A small residual network for small pictures: a <see cref="ResidualTrunk"/>, average pool, linear. Smooth activations
/// and convolutions without batch statistics make input gradients that paint: the embedded model's tower.
/// </summary>
public sealed class ResidualTower : IImageTower
{
    private readonly ResidualTrunk _trunk;
    private readonly Linear _projection;

    /// <summary>Builds the tower; names <c>stem</c>, <c>stages.N.{down.norm, down.conv, blocks.M.*}</c>, <c>norm</c>, <c>proj</c>.</summary>
    public ResidualTower(Weights weights, VisionConfig config, int embedDim)
    {
        _trunk = new ResidualTrunk(weights, config.Width, config.Layers);
        _projection = new Linear(weights["proj"], config.Width[^1], embedDim);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Func<Tensor, Tensor>> Segments =>
        [.. _trunk.Segments, x => _projection.Forward(_trunk.Finish(x).Mean([2, 3]))];
}
