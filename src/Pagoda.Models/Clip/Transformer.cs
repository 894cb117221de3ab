using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Clip;

/// <summary>
/// The pre-norm transformer of both towers, under the names <c>resblocks.N.{ln_1, attn, ln_2, mlp.c_fc, mlp.c_proj}</c>
/// (openai/CLIP: clip/model.py, Transformer; open_clip: src/open_clip/transformer.py).
/// </summary>
public sealed class Transformer
{
    private readonly Block[] _blocks;

    /// <summary>Builds the blocks.</summary>
    /// <param name="weights">The subtree with <c>resblocks</c>.</param>
    /// <param name="width">Channels.</param>
    /// <param name="layers">Blocks.</param>
    /// <param name="heads">Attention heads.</param>
    /// <param name="quickGelu">x·σ(1.702x) in place of the exact GELU.</param>
    /// <param name="mlpRatio">Width of the hidden layer over the width.</param>
    public Transformer(Weights weights, int width, int layers, int heads, bool quickGelu, double mlpRatio = 4) =>
        _blocks = [.. Enumerable.Range(0, layers).Select(i => new Block(weights["resblocks"][i], width, layers, heads, quickGelu, mlpRatio))];

    /// <summary><c>[N, L, width]</c> to the same shape.</summary>
    /// <param name="x">The sequence.</param>
    /// <param name="mask">Added to the attention scores, <c>[L, L]</c>, or null.</param>
    /// <param name="pick">
    /// Picks the states that the caller will use, <c>[N, L, width]</c> to <c>[N, K, width]</c>; the last block then
    /// computes only these, which gives the same numbers and saves most of that block. Null keeps all.
    /// </param>
    /// <param name="pickMask">The rows of <paramref name="mask"/> for the picked states, <c>[N, 1, K, L]</c>.</param>
    public Tensor Forward(Tensor x, Tensor? mask = null, Func<Tensor, Tensor>? pick = null, Tensor? pickMask = null) =>
        Segments(mask, pick, pickMask).Aggregate(x, (states, block) => block(states));

    /// <summary>The blocks of <see cref="Forward"/>, one function each.</summary>
    public IEnumerable<Func<Tensor, Tensor>> Segments(Tensor? mask = null, Func<Tensor, Tensor>? pick = null, Tensor? pickMask = null) =>
        _blocks.Select((block, i) => (Func<Tensor, Tensor>)(i < _blocks.Length - 1 || pick is null
            ? x => block.Forward(x, mask)
            : x => block.Forward(x, pickMask, pick)));

    private sealed class Block
    {
        private readonly LayerNorm _norm1;
        private readonly MultiHeadAttention _attention;
        private readonly LayerNorm _norm2;
        private readonly Linear _widen;
        private readonly Linear _narrow;
        private readonly BlockWeights _weights;
        private readonly int _heads;
        private readonly bool _quickGelu;

        // The deviations of CLIP.initialize_parameters (openai/CLIP: clip/model.py).
        public Block(Weights weights, int width, int layers, int heads, bool quickGelu, double mlpRatio)
        {
            var hidden = (long)(width * mlpRatio);
            var residual = Initializer.Normal(1 / Math.Sqrt(2.0 * layers * width));
            _norm1 = new LayerNorm(weights["ln_1"], width);
            _attention = new MultiHeadAttention(weights["attn"], width, heads, Initializer.Normal(1 / Math.Sqrt(width)), residual);
            _norm2 = new LayerNorm(weights["ln_2"], width);
            _widen = new Linear(weights["mlp"]["c_fc"], width, hidden, initializer: Initializer.Normal(1 / Math.Sqrt(2.0 * width)));
            _narrow = new Linear(weights["mlp"]["c_proj"], hidden, width, initializer: residual);
            _weights = new BlockWeights(
                _norm1.Weight, _norm1.Bias, _attention.InWeight, _attention.InBias, _attention.Out.Weight, _attention.Out.Bias!,
                _norm2.Weight, _norm2.Bias, _widen.Weight, _widen.Bias!, _narrow.Weight, _narrow.Bias!);
            _heads = heads;
            _quickGelu = quickGelu;
        }

        public Tensor Forward(Tensor x, Tensor? mask, Func<Tensor, Tensor>? pick = null)
        {
            if (pick is null && FusedBlock.Forward(x, _weights, _heads, _quickGelu, mask) is { } done)
            {
                return done;
            }

            var normal = _norm1.Forward(x);
            x = pick is null
                ? x + _attention.Forward(normal, mask)
                : pick(x) + _attention.Forward(pick(normal), normal, mask);
            var hidden = _widen.Forward(_norm2.Forward(x));
            return x + _narrow.Forward(_quickGelu ? hidden * (hidden * 1.702).Sigmoid() : hidden.Gelu());
        }
    }
}
