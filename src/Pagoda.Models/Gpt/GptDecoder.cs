using Pagoda.Torch;

namespace Pagoda.Models.Gpt;

/// <summary>
/// Runs a transformer one token after another: the state of a batch of sequences and the logits of what comes next. On
/// the processor it uses kernels of Pagoda's own (<see cref="SmallBatch"/>, <see cref="PackedDecoder"/>), with activations in float32
/// whatever the type of the weights.
/// </summary>
public sealed class GptDecoder : IDisposable
{
    private readonly GptModel _model;
    private readonly GptCache _cache;
    private readonly RowDecoder? _rows;

    /// <summary>Begins empty sequences.</summary>
    /// <param name="model">The transformer, which must live longer.</param>
    /// <param name="sequences">Sequences in the batch.</param>
    /// <param name="ownKernels">Whether Pagoda's own kernels run; null where they can.</param>
    /// <param name="packed">The model's weights packed by <see cref="Pack"/>, which must live longer; null for a copy of this decoder's own.</param>
    /// <exception cref="ArgumentException">There are no sequences, or the own kernels cannot run this model.</exception>
    public GptDecoder(GptModel model, long sequences, bool? ownKernels = null, PackedDecoder? packed = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sequences);
        _model = model;
        var table = model.Weights.Parameters["tok_emb.weight"];
        var can = RowDecoder.Takes(model);
        if (ownKernels == true && !can)
        {
            throw new ArgumentException("Pagoda's own kernels need weights on the processor, in float32 or bfloat16.", nameof(ownKernels));
        }

        var use = ownKernels ?? can;
        _rows = use ? new RowDecoder(model, packed) : null;
        _cache = new GptCache(model.Config, sequences, model.Device, use ? ScalarType.Float32 : table.Type);
    }

    /// <summary>Sequences in the batch.</summary>
    public long Sequences => _cache.Sequences;

    /// <summary>Positions that each sequence has so far.</summary>
    public long Length => _cache.Length;

    /// <summary>Packs a model's weights for decoders of many sequences that share them. Changes of the weights do not reach the copy.</summary>
    /// <param name="model">The transformer.</param>
    /// <returns>Null where that cannot be done, or would take too much memory: decoders then do without.</returns>
    public static PackedDecoder? Pack(GptModel model) => RowDecoder.Pack(model);

    /// <summary>Lets every sequence begin with its condition.</summary>
    /// <param name="condition"><c>[N, C]</c>.</param>
    /// <returns>Logits of the first token, <c>[N, vocabulary]</c>.</returns>
    /// <exception cref="ArgumentException">The model takes no such condition, or the sequences have begun.</exception>
    public Tensor Begin(Tensor condition) =>
        Length == 0 ? Add(_model.ProjectCondition(condition)) : throw new ArgumentException("A condition comes first; these sequences have begun.", nameof(condition));

    /// <summary>Continues every sequence by tokens.</summary>
    /// <param name="tokens"><c>[N]</c>, or <c>[N, T]</c>, of int64.</param>
    /// <returns>Logits of the token after, <c>[N, vocabulary]</c>.</returns>
    /// <exception cref="ArgumentException">The sequences become longer than the model's block.</exception>
    public Tensor Next(Tensor tokens) => Add(null, tokens.Dimensions == 1 ? tokens.Unsqueeze(1) : tokens);

    /// <summary>Continues with other sequences, each a copy of one that was there (<see cref="GptCache.Select"/>).</summary>
    /// <param name="rows"><c>[N]</c> of int64; N may differ from before.</param>
    public void Select(Tensor rows) => _cache.Select(rows);

    /// <inheritdoc/>
    public void Dispose()
    {
        _cache.Dispose();
        _rows?.Dispose();
    }

    private Tensor Add(Tensor? prefix, Tensor? tokens = null)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        tokens ??= Ops.Zeros([Sequences, 0], ScalarType.Int64, device: _model.Device);
        var rows = prefix?.Size(0) ?? tokens.Size(0);
        if (rows != Sequences)
        {
            throw new ArgumentException($"{rows} rows were given for {Sequences} sequences.");
        }

        // The own kernels take one position at a time, which is the same as all at once unless positions see what follows.
        var count = tokens.Size(1) + (prefix?.Size(1) ?? 0);
        var together = _rows is null || (_model.Config.Unmasked > 1 && count > 1);
        return scope.Keep(together ? _model.Continue(_cache, tokens, prefix).To(ScalarType.Float32) : OneByOne(_model.Embed(tokens, prefix, Length)));
    }

    private Tensor OneByOne(Tensor x)
    {
        var count = x.Size(1);
        for (long i = 0; i < count - 1; i++)
        {
            using var scope = new TensorScope();
            _rows!.Advance(_cache, x.Select(1, i), wantsLogits: false);
        }

        return _rows!.Advance(_cache, x.Select(1, count - 1), wantsLogits: true)!;
    }
}
