using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Captioner;

/// <summary>
/// A block of the transformer's decoder (Vaswani et al. 2017, arXiv 1706.03762, section 3.1), normalised before each part: words look at the words before them, then at
/// the picture's places, then a hidden layer.
/// </summary>
internal sealed class CaptionerBlock
{
    private readonly LayerNorm _norm1;
    private readonly MultiHeadAttention _words;
    private readonly LayerNorm _norm2;
    private readonly MultiHeadAttention _places;
    private readonly LayerNorm _norm3;
    private readonly Linear _widen;
    private readonly Linear _narrow;

    /// <summary>Builds the block; names <c>ln_1</c>, <c>attn</c>, <c>ln_2</c>, <c>cross</c>, <c>ln_3</c>, <c>mlp.{c_fc, c_proj}</c>.</summary>
    public CaptionerBlock(Weights weights, CaptionerConfig config)
    {
        // What adds to the residual stream is drawn smaller the more branches there are, as in CLIP's text tower.
        var (width, hidden) = (config.Width, config.HiddenFactor * config.Width);
        var (inside, outside) = (Initializer.Normal(1 / Math.Sqrt(width)), Initializer.Normal(1 / Math.Sqrt(3.0 * config.Layers * width)));
        _norm1 = new LayerNorm(weights["ln_1"], width);
        _words = new MultiHeadAttention(weights["attn"], width, config.Heads, inside, outside);
        _norm2 = new LayerNorm(weights["ln_2"], width);
        _places = new MultiHeadAttention(weights["cross"], width, config.Heads, inside, outside);
        _norm3 = new LayerNorm(weights["ln_3"], width);
        _widen = new Linear(weights["mlp"]["c_fc"], width, hidden, initializer: inside);
        _narrow = new Linear(weights["mlp"]["c_proj"], hidden, width, initializer: outside);
    }

    /// <summary>Words <c>[N, T, width]</c> to the same shape.</summary>
    /// <param name="x">The words' states.</param>
    /// <param name="places">The picture's places, <c>[N, P, width]</c>.</param>
    /// <param name="mask">Hides later words, <c>[T, T]</c>.</param>
    public Tensor Forward(Tensor x, Tensor places, Tensor mask)
    {
        x = x + _words.Forward(_norm1.Forward(x), mask);
        x = x + _places.Forward(_norm2.Forward(x), places, null);
        return x + _narrow.Forward(_widen.Forward(_norm3.Forward(x)).Gelu());
    }
}
