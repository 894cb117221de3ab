using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Clip;

/// <summary>
/// A small residual network for small pictures: a 4 x 4 stem of stride 2, then stages of pre-activation residual blocks
/// (GroupNorm, SiLU, 3 x 3) with 2 x 2 convolutions of stride 2 between them, average pool, linear. Smooth activations
/// and convolutions without batch statistics make input gradients that paint: the embedded model's tower.
/// </summary>
public sealed class ResidualTower : IImageTower
{
    private const int Groups = 8;
    private readonly Conv2d _stem;
    private readonly List<Func<Tensor, Tensor>> _body = [];
    private readonly GroupNorm _norm;
    private readonly Linear _projection;

    /// <summary>Builds the tower; names <c>stem</c>, <c>stages.N.{down.norm, down.conv, blocks.M.*}</c>, <c>norm</c>, <c>proj</c>.</summary>
    public ResidualTower(Weights weights, VisionConfig config, int embedDim)
    {
        var widths = config.Width;
        _stem = new Conv2d(weights["stem"], 3, widths[0], kernel: 4, stride: 2, padding: 1);
        for (var stage = 0; stage < widths.Length; stage++)
        {
            var here = weights["stages"][stage];
            if (stage > 0)
            {
                var norm = new GroupNorm(here["down"]["norm"], Groups, widths[stage - 1]);
                var down = new Conv2d(here["down"]["conv"], widths[stage - 1], widths[stage], kernel: 2, stride: 2);
                _body.Add(x => down.Forward(norm.Forward(x)));
            }

            for (var block = 0; block < config.Layers[stage]; block++)
            {
                _body.Add(new Block(here["blocks"][block], widths[stage]).Forward);
            }
        }

        _norm = new GroupNorm(weights["norm"], Groups, widths[^1]);
        _projection = new Linear(weights["proj"], widths[^1], embedDim);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Func<Tensor, Tensor>> Segments =>
        [_stem.Forward, .. _body, x => _projection.Forward(_norm.Forward(x).Silu().Mean([2, 3]))];

    private sealed class Block(Weights weights, int width)
    {
        private readonly GroupNorm _norm1 = new(weights["norm1"], Groups, width);
        private readonly Conv2d _conv1 = new(weights["conv1"], width, width, kernel: 3, padding: 1);
        private readonly GroupNorm _norm2 = new(weights["norm2"], Groups, width);
        private readonly Conv2d _conv2 = new(weights["conv2"], width, width, kernel: 3, padding: 1);

        public Tensor Forward(Tensor x) =>
            x + _conv2.Forward(_norm2.Forward(_conv1.Forward(_norm1.Forward(x).Silu())).Silu());
    }
}
