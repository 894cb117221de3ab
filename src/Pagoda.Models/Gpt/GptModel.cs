using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Gpt;

/// <summary>
/// A transformer that predicts a picture's tokens one after another, left to right and top to bottom, from a CLIP
/// embedding: CLIP-GEN's second stage (Wang et al. 2022, section 3.2; HFAiLab/clip-gen: models/gpt.py), under its
/// parameter names. taming-transformers' GPT is the same network without condition (<see cref="GptNames"/>).
/// </summary>
public sealed class GptModel
{
    /// <summary>Standard deviation of new matrices and tables (karpathy/minGPT; CompVis/taming-transformers: mingpt.py, _init_weights).</summary>
    internal const double InitialDeviation = 0.02;

    private readonly Tensor _tokens;
    private readonly Tensor _positions;
    private readonly Linear? _condition;
    private readonly GptBlock[] _blocks;
    private readonly LayerNorm _norm;
    private readonly Linear _head;
    private readonly Tensor? _mask;

    /// <summary>Builds the model over weights; parameters start out frozen.</summary>
    /// <exception cref="ArgumentException">There is no such shape.</exception>
    /// <exception cref="InvalidDataException">The weights lack a tensor, or have one of another shape.</exception>
    public GptModel(Weights weights, GptConfig config)
    {
        config.Check();
        Config = config;
        Weights = weights;
        var draw = Initializer.Normal(InitialDeviation);
        _tokens = weights["tok_emb"].Parameter("weight", [config.VocabularySize, config.Width], draw);
        _positions = weights.Parameter("pos_emb", [1, config.BlockSize, config.Width], Initializer.Zeros);
        _condition = config.ConditionWidth > 0 ? new Linear(weights["cond_proj"], config.ConditionWidth, config.Width, initializer: draw) : null;
        _blocks = [.. Enumerable.Range(0, config.Layers).Select(i => new GptBlock(weights["blocks"][i]["encoder"], config))];
        _norm = new LayerNorm(weights["norm"], config.Width);
        _head = new Linear(weights["head"], config.Width, config.VocabularySize, config.HeadBias, draw);
        _mask = Mask(config, _tokens.Device);
    }

    /// <summary>Its shape.</summary>
    public GptConfig Config { get; }

    /// <summary>Its weights.</summary>
    public Weights Weights { get; }

    /// <summary>Where it lives.</summary>
    public Device Device => _tokens.Device;

    /// <summary>
    /// Whether weight decay applies to a parameter: to the matrices of linear layers, not to embeddings, normalisations
    /// and biases (karpathy/minGPT: configure_optimizers).
    /// </summary>
    public static bool Decays(string name) =>
        name.EndsWith(".in_proj_weight", StringComparison.Ordinal)
        || (name.EndsWith(".weight", StringComparison.Ordinal) && name != "tok_emb.weight" && !name.Split('.')[^2].StartsWith("norm", StringComparison.Ordinal));

    /// <summary>
    /// Logits of whole pictures, each token predicted from the condition and the tokens before it: the last token is
    /// not looked at.
    /// </summary>
    /// <param name="tokens"><c>[N, T]</c> of int64, T from 1 to the block size.</param>
    /// <param name="condition"><c>[N, C]</c>, of length 1 as CLIP's embeddings are; zeros for a picture without condition.</param>
    /// <param name="training">Whether the configuration's dropout applies, drawn from libtorch's default generator.</param>
    /// <returns><c>[N, T, vocabulary]</c>: position t predicts token t.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit the model.</exception>
    public Tensor Forward(Tensor tokens, Tensor condition, bool training = false) =>
        Continue(tokens.Narrow(1, 0, tokens.Size(1) - 1), ProjectCondition(condition), training);

    /// <summary>Logits after every position: what follows the prefix and each token.</summary>
    /// <param name="tokens"><c>[N, T]</c> of int64; T may be 0 when there is a prefix.</param>
    /// <param name="prefix">Positions before the tokens, <c>[N, P, width]</c>; null for none.</param>
    /// <param name="training">Whether the configuration's dropout applies.</param>
    /// <returns><c>[N, P + T, vocabulary]</c>.</returns>
    /// <exception cref="ArgumentException">There are no positions, or more than the block size.</exception>
    public Tensor Continue(Tensor tokens, Tensor? prefix = null, bool training = false)
    {
        var x = Embed(tokens, prefix, 0);
        var dropout = training ? Config.Dropout : 0;
        x = dropout == 0 ? x : x.Dropout(dropout, train: true);
        var mask = MaskFor(0, x.Size(1));
        foreach (var block in _blocks)
        {
            x = block.Forward(x, mask, dropout);
        }

        return _head.Forward(_norm.Forward(x));
    }

    /// <summary>
    /// Logits after the last position, with the keys and values of the earlier ones taken from a cache, which grows by
    /// the new ones.
    /// </summary>
    /// <param name="cache">What came before.</param>
    /// <param name="tokens">The new tokens, <c>[N, T]</c> of int64; T may be 0 when there is a prefix.</param>
    /// <param name="prefix">New positions before the tokens, <c>[N, P, width]</c>; null for none.</param>
    /// <returns><c>[N, vocabulary]</c>.</returns>
    /// <exception cref="ArgumentException">There are no new positions, or more in all than the block size.</exception>
    public Tensor Continue(GptCache cache, Tensor tokens, Tensor? prefix = null)
    {
        var x = Embed(tokens, prefix, cache.Length);
        var count = x.Size(1);
        var mask = count == 1 ? null : MaskFor(cache.Length, count);
        for (var i = 0; i < _blocks.Length; i++)
        {
            var layer = i;
            x = _blocks[i].Forward(x, mask, 0, (keys, values) => cache.Append(layer, keys, values));
        }

        cache.Advance(count);
        return _head.Forward(_norm.Forward(x.Narrow(1, count - 1, 1)).Squeeze(1));
    }

    /// <summary>Conditions <c>[N, C]</c> as first positions <c>[N, 1, width]</c>.</summary>
    /// <exception cref="ArgumentException">The model has no condition, or one of another size.</exception>
    public Tensor ProjectCondition(Tensor condition)
    {
        if (_condition is null)
        {
            throw new ArgumentException("This transformer was built without a condition.", nameof(condition));
        }

        if (condition.Dimensions != 2 || condition.Size(1) != Config.ConditionWidth)
        {
            throw new ArgumentException($"This transformer is conditioned on embeddings of {Config.ConditionWidth} numbers; [{string.Join(", ", condition.Shape.ToArray())}] was given: they come from another CLIP model.", nameof(condition));
        }

        return _condition.Forward(condition.Type == _tokens.Type ? condition : condition.To(_tokens.Type)).Unsqueeze(1);
    }

    /// <summary>Frees the weights and the mask.</summary>
    public void Free()
    {
        _mask?.Dispose();
        foreach (var tensor in Weights.StateDict.Values)
        {
            tensor.Dispose();
        }
    }

    /// <summary>Tokens after a prefix, with their positions, <c>[N, L, width]</c>.</summary>
    internal Tensor Embed(Tensor tokens, Tensor? prefix, long start)
    {
        var x = _tokens.Embedding(tokens);
        x = prefix is null ? x : Ops.Cat([prefix.Type == x.Type ? prefix : prefix.To(x.Type), x], 1);
        var count = x.Size(1);
        if (count == 0 || start + count > Config.BlockSize)
        {
            throw new ArgumentException($"This transformer has {Config.BlockSize} positions; {start + count} are asked for.", nameof(tokens));
        }

        return x + _positions.Narrow(1, start, count);
    }

    private Tensor? MaskFor(long start, long count) => _mask?.Narrow(0, start, count).Narrow(1, 0, start + count);

    private static Tensor? Mask(GptConfig config, Device device)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var mask = Ops.Full([config.BlockSize, config.BlockSize], double.NegativeInfinity, ScalarType.Float32).Triu(1);
        if (config.Unmasked > 0)
        {
            mask.Narrow(0, 0, config.Unmasked).Narrow(1, 0, config.Unmasked).Zero_();
        }

        return TensorScope.Release(mask.To(device: device));
    }
}
