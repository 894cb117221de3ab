using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Clip;

/// <summary>
/// The convolutions of <see cref="ResidualTower"/>: a 4 x 4 stem of stride 2, then stages of pre-activation residual blocks
/// (GroupNorm, SiLU, 3 x 3) with 2 x 2 convolutions of stride 2 between them, and a last normalisation. It ends in a map, for networks that want places.
/// </summary>
public sealed class ResidualTrunk
{
    private const int Groups = 8;
    private readonly GroupNorm _norm;

    /// <summary>Builds the trunk; names <c>stem</c>, <c>stages.N.{down.norm, down.conv, blocks.M.*}</c>, <c>norm</c>.</summary>
    /// <param name="weights">Its subtree.</param>
    /// <param name="widths">Channels of each stage; multiples of 8.</param>
    /// <param name="layers">Residual blocks of each stage.</param>
    public ResidualTrunk(Weights weights, IReadOnlyList<int> widths, IReadOnlyList<int> layers)
    {
        var segments = new List<Func<Tensor, Tensor>> { new Conv2d(weights["stem"], 3, widths[0], kernel: 4, stride: 2, padding: 1).Forward };
        for (var stage = 0; stage < widths.Count; stage++)
        {
            var here = weights["stages"][stage];
            if (stage > 0)
            {
                var norm = new GroupNorm(here["down"]["norm"], Groups, widths[stage - 1]);
                var down = new Conv2d(here["down"]["conv"], widths[stage - 1], widths[stage], kernel: 2, stride: 2);
                segments.Add(x => down.Forward(norm.Forward(x)));
            }

            for (var block = 0; block < layers[stage]; block++)
            {
                segments.Add(new Block(here["blocks"][block], widths[stage]).Forward);
            }
        }

        Segments = segments;
        _norm = new GroupNorm(weights["norm"], Groups, widths[^1]);
    }

    /// <summary>Stem, blocks and what halves, one function each.</summary>
    public IReadOnlyList<Func<Tensor, Tensor>> Segments { get; }

    /// <summary>The map after the last segment, normalised and activated.</summary>
    /// <param name="x"><c>[N, C, h, w]</c>, what the segments give.</param>
    public Tensor Finish(Tensor x) => _norm.ForwardSilu(x);

    /// <summary>Pictures <c>[N, 3, S, S]</c> to the last map <c>[N, C, s, s]</c>.</summary>
    public Tensor Forward(Tensor pictures) => Finish(Segments.Aggregate(pictures, (x, segment) => segment(x)));

    private sealed class Block(Weights weights, int width)
    {
        private readonly GroupNorm _norm1 = new(weights["norm1"], Groups, width);
        private readonly Conv2d _conv1 = new(weights["conv1"], width, width, kernel: 3, padding: 1);
        private readonly GroupNorm _norm2 = new(weights["norm2"], Groups, width);
        private readonly Conv2d _conv2 = new(weights["conv2"], width, width, kernel: 3, padding: 1);

        public Tensor Forward(Tensor x) =>
            x + _conv2.Forward(_norm2.ForwardSilu(_conv1.Forward(_norm1.ForwardSilu(x))));
    }
}
