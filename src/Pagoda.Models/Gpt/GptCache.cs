using Pagoda.Torch;

namespace Pagoda.Models.Gpt;

/// <summary>
/// The keys and values of the positions that a batch of sequences already has, so that a new token costs one position
/// and not all of them. The memory for full length is taken at once.
/// </summary>
public sealed class GptCache : IDisposable
{
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="config">The transformer's shape.</param>
    /// <param name="sequences">Sequences in the batch.</param>
    /// <param name="device">Where the transformer lives.</param>
    /// <param name="type">The type of its activations.</param>
    public GptCache(GptConfig config, long sequences, Device device, ScalarType type = ScalarType.Float32)
    {
        using var unowned = TensorScope.Unowned();
        long[] shape = [sequences, config.Heads, config.BlockSize, config.Width / config.Heads];
        _keys = [.. Enumerable.Range(0, config.Layers).Select(_ => Ops.Empty(shape, type, device: device))];
        _values = [.. Enumerable.Range(0, config.Layers).Select(_ => Ops.Empty(shape, type, device: device))];
        Sequences = sequences;
    }

    /// <summary>Sequences in the batch.</summary>
    public long Sequences { get; private set; }

    /// <summary>Positions that it holds.</summary>
    public long Length { get; private set; }

    /// <summary>Takes sequences in another order, some perhaps several times and others not at all, as beam search does.</summary>
    /// <param name="rows">For each new sequence the old one it continues, <c>[N]</c> of int64; N may differ from before.</param>
    public void Select(Tensor rows)
    {
        using var frozen = GradMode.Disable();
        foreach (var tensors in new[] { _keys, _values })
        {
            for (var i = 0; i < tensors.Length; i++)
            {
                using var scope = new TensorScope();
                var old = tensors[i];
                // Only the filled part is copied; the rest stays memory without content.
                var fresh = Ops.Empty([rows.Size(0), old.Size(1), old.Size(2), old.Size(3)], old.Type, device: old.Device);
                fresh.Narrow(2, 0, Length).Copy_(old.Narrow(2, 0, Length).IndexSelect(0, rows));
                tensors[i] = TensorScope.Release(fresh);
                old.Dispose();
            }
        }

        Sequences = rows.Size(0);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        foreach (var tensor in _keys.Concat(_values))
        {
            tensor.Dispose();
        }
    }

    internal (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        var count = keys.Size(2);
        _keys[layer].Narrow(2, Length, count).Copy_(keys);
        _values[layer].Narrow(2, Length, count).Copy_(values);
        return (All(_keys[layer]), All(_values[layer]));

        Tensor All(Tensor cached)
        {
            var filled = cached.Narrow(2, 0, Length + count);
            return filled.Type == keys.Type ? filled : filled.To(keys.Type);
        }
    }

    internal void Advance(long count) => Length += count;

    internal IReadOnlyList<Tensor> AllKeys => _keys;

    internal IReadOnlyList<Tensor> AllValues => _values;

    internal Tensor Keys(int layer) => _keys[layer];

    internal Tensor Values(int layer) => _values[layer];
}
