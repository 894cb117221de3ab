namespace Pagoda.Torch;

/// <summary>
/// A transformer's blocks and head with their weights packed for many sequences that grow by one position at a time, on the processor: the
/// whole network is one call, in which each thread takes sequences of its own. For few sequences, <see cref="SmallBatch"/> reads less.
/// </summary>
public sealed unsafe class PackedDecoder : IDisposable
{
    private readonly long _width;
    private readonly long _heads;
    private readonly long _vocabulary;
    private readonly int _layers;
    private nint _handle;

    private PackedDecoder(nint handle, int layers, long width, long heads, long vocabulary) =>
        (_handle, _layers, _width, _heads, _vocabulary) = (handle, layers, width, heads, vocabulary);

    /// <summary>Packs weights, of which it keeps a copy.</summary>
    /// <param name="blocks">Pre-norm blocks with the exact GELU, in order.</param>
    /// <param name="norm">The factors of the normalisation before the head, <c>[width]</c>.</param>
    /// <param name="normBias">What it adds, <c>[width]</c>.</param>
    /// <param name="head"><c>[vocabulary, width]</c>.</param>
    /// <param name="headBias"><c>[vocabulary]</c>, or null.</param>
    /// <param name="heads">Attention heads.</param>
    /// <param name="epsilon">Added to the variances.</param>
    /// <returns>Null where the kernels do not take them: other types or devices, sizes that vectors do not divide, processors without AVX2.</returns>
    public static PackedDecoder? Pack(
        IReadOnlyList<BlockWeights> blocks, Tensor norm, Tensor normBias, Tensor head, Tensor? headBias, int heads, double epsilon = 1e-5)
    {
        Tensor?[] all = [.. blocks.SelectMany(block => block.All), norm, normBias, head, headBias];
        if (blocks.Count == 0 || all.Any(tensor => tensor is not null && !IsTaken(tensor)))
        {
            return null;
        }

        long width = head.Size(1), hidden = blocks[0].Widen.Size(0), vocabulary = head.Size(0);
        Check(norm, width);
        Check(normBias, width);
        if (headBias is not null)
        {
            Check(headBias, vocabulary);
        }

        foreach (var block in blocks)
        {
            long[][] shapes = [[width], [width], [3 * width, width], [3 * width], [width, width], [width], [width], [width], [hidden, width], [hidden], [width, hidden], [width]];
            for (var i = 0; i < shapes.Length; i++)
            {
                Check(block.All[i], shapes[i]);
            }
        }

        nint[] pointers = [.. all.Select(tensor => tensor?.DataPointer ?? 0)];
        long[] shape = [blocks.Count, width, heads, hidden, vocabulary];
        var packed = 0;
        nint handle;
        fixed (nint* weights = pointers)
        fixed (long* sizes = shape)
        {
            handle = Native.PackDecoder(weights, sizes, epsilon, &packed);
        }

        GC.KeepAlive(all);
        if (handle == 0 && packed != 0)
        {
            Native.Checked(-1);
        }

        return handle == 0 ? null : new PackedDecoder(handle, blocks.Count, width, heads, vocabulary);
    }

    /// <summary>Takes one new position of each sequence through the network.</summary>
    /// <param name="x">The positions, <c>[N, width]</c>; the last block's states when done.</param>
    /// <param name="keys">Of each block <c>[N, heads, capacity, width / heads]</c>, written to at <paramref name="position"/>.</param>
    /// <param name="values">The same for the values.</param>
    /// <param name="position">The new position, from 0.</param>
    /// <param name="logits">Of what comes next, <c>[N, vocabulary]</c>, written to; null where nobody asks.</param>
    /// <exception cref="ArgumentException">A tensor is of another type or shape, not dense, or not on the processor.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public void Advance(Tensor x, IReadOnlyList<Tensor> keys, IReadOnlyList<Tensor> values, long position, Tensor? logits)
    {
        ObjectDisposedException.ThrowIf(_handle == 0, this);
        long rows = x.Size(0), capacity = keys[0].Size(2);
        ArgumentOutOfRangeException.ThrowIfNotEqual(keys.Count, _layers);
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Count, _layers);
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, capacity);
        Check(x, rows, _width);
        if (logits is not null)
        {
            Check(logits, rows, _vocabulary);
        }

        var pointers = stackalloc nint[2 * _layers];
        for (var i = 0; i < _layers; i++)
        {
            Check(keys[i], rows, _heads, capacity, _width / _heads);
            Check(values[i], rows, _heads, capacity, _width / _heads);
            (pointers[i], pointers[_layers + i]) = (keys[i].DataPointer, values[i].DataPointer);
        }

        Native.Checked(Native.AdvanceDecoder(_handle, x.DataPointer, pointers, pointers + _layers, logits?.DataPointer ?? 0, rows, capacity, position));
        GC.KeepAlive(x);
        GC.KeepAlive(keys);
        GC.KeepAlive(values);
        GC.KeepAlive(logits);
        GC.KeepAlive(this);
    }

    /// <summary>Frees the packed weights.</summary>
    public void Dispose()
    {
        Native.FreeDecoder(_handle);
        _handle = 0;
    }

    private static bool IsTaken(Tensor tensor) => tensor.Type == ScalarType.Float32 && tensor.Device.Type == DeviceType.Cpu && tensor.IsContiguous;

    private static void Check(Tensor tensor, params ReadOnlySpan<long> shape)
    {
        if (!IsTaken(tensor) || !tensor.Shape.SequenceEqual(shape))
        {
            throw new ArgumentException($"A dense float32 tensor [{string.Join(", ", shape.ToArray())}] on the processor is needed, not {tensor}.", nameof(tensor));
        }
    }
}
