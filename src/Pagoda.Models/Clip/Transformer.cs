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
    /// <param name="places">
    /// The place in each sequence whose state the caller will use, <c>[N]</c> of int64, when it has the last block's input; that block
    /// then computes only these, <c>[N, 1, width]</c>, which gives the same numbers and saves most of it. Null keeps all.
    /// </param>
    public Tensor Forward(Tensor x, Tensor? mask = null, Func<Tensor, Tensor>? places = null) =>
        Segments(mask, places).Aggregate(x, (states, block) => block(states));

    /// <summary>The blocks of <see cref="Forward"/>, one function each.</summary>
    public IEnumerable<Func<Tensor, Tensor>> Segments(Tensor? mask = null, Func<Tensor, Tensor>? places = null) =>
        _blocks.Select((block, i) => (Func<Tensor, Tensor>)(i < _blocks.Length - 1 || places is null
            ? x => block.Forward(x, mask)
            : x => block.Forward(x, mask, places(x))));

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

        public Tensor Forward(Tensor x, Tensor? mask, Tensor? places = null)
        {
            if (FusedBlock.Forward(x, _weights, _heads, _quickGelu, mask, places) is { } done)
            {
                return done;
            }

            var normal = _norm1.Forward(x);
            if (places is null)
            {
                x = x + _attention.Forward(normal, mask);
            }
            else
            {
                Tensor[] at = [Ops.Arange(x.Size(0), device: x.Device), places];
                x = (x.Index(at) + _attention.Forward(normal.Index(at).Unsqueeze(1), normal, mask?.IndexSelect(0, places).View([-1, 1, 1, x.Size(1)])).Squeeze(1)).Unsqueeze(1);
            }

            var hidden = _widen.Forward(_norm2.Forward(x));
            return x + _narrow.Forward(_quickGelu ? hidden * (hidden * 1.702).Sigmoid() : hidden.Gelu());
        }
    }
}
