using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Clip;

/// <summary>
/// CLIP's text tower: a causal transformer whose output at the end token, projected, is the text's embedding
/// (openai/CLIP: clip/model.py, CLIP.encode_text). Its names are at the checkpoint's root.
/// </summary>
public sealed class TextTower
{
    private readonly Embedding _tokens;
    private readonly Tensor _positions;
    private readonly Transformer _transformer;
    private readonly LayerNorm _norm;
    private readonly Tensor _projection;
    private readonly Tensor _mask;

    /// <summary>Builds the tower.</summary>
    public TextTower(Weights weights, TextConfig config, int embedDim, bool quickGelu)
    {
        Config = config;
        _tokens = new Embedding(weights["token_embedding"], config.VocabularySize, config.Width, Initializer.Normal(0.02));
        _positions = weights.Parameter("positional_embedding", [config.ContextLength, config.Width], Initializer.Normal(0.01));
        _transformer = new Transformer(weights["transformer"], config.Width, config.Layers, config.Heads, quickGelu);
        _norm = new LayerNorm(weights["ln_final"], config.Width);
        _projection = weights.Parameter("text_projection", [config.Width, embedDim], Initializer.Normal(1 / Math.Sqrt(config.Width)));
        weights.Ignore("attn_mask");
        using var unowned = TensorScope.Unowned();
        _mask = Ops.Full([config.ContextLength, config.ContextLength], double.NegativeInfinity, device: _positions.Device).Triu(1);
    }

    /// <summary>The shape it was built with.</summary>
    public TextConfig Config { get; }

    /// <summary>Token rows <c>[N, L]</c> of int64, the end token the largest of its row, to embeddings <c>[N, embed]</c>, not normalised.</summary>
    public Tensor Forward(Tensor tokens)
    {
        // The end token has the largest number, so its place is found without knowing it.
        var end = tokens.Argmax(-1);
        tokens = WithoutPadding(tokens, end);
        var length = tokens.Size(1);
        var x = _tokens.Forward(tokens) + _positions.Narrow(0, 0, length);
        var mask = _mask.Narrow(0, 0, length).Narrow(1, 0, length);
        x = _transformer.Forward(x, mask, places: _ => end);
        return _norm.Forward(x.Select(1, 0)).Matmul(_projection);
    }

    /// <summary>
    /// No state looks ahead, so what comes after the last end token of the batch changes nothing. On a GPU, asking for
    /// its place would wait for all that is under way, and padding costs little there.
    /// </summary>
    private static Tensor WithoutPadding(Tensor tokens, Tensor end) =>
        tokens.Device.Type == DeviceType.Cpu && tokens.Size(0) > 0 ? tokens.Narrow(1, 0, end.Max().ToInt64() + 1) : tokens;
}
