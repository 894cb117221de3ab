namespace Pagoda.Torch;

/// <summary>What <see cref="SmallBatch.Linear"/> does with each number.</summary>
public enum AfterLinear
{
    /// <summary>Stores it.</summary>
    Store = 0,
    /// <summary>Stores its exact GELU.</summary>
    Gelu = 1,
    /// <summary>Adds it to what the result has.</summary>
    Add = 2,
}

/// <summary>
/// Kernels of Pagoda's own for the processor and a few rows at a time, as in sampling one token after another, where
/// the time is that of reading the weights. They read float32 and bfloat16 weights at the memory's rate; libtorch 1.13
/// emulates bfloat16 on processors without it and then is slower than with float32. No gradients are recorded.
/// </summary>
public static class SmallBatch
{
    /// <summary>The most rows that <see cref="Linear"/> takes at once.</summary>
    public const int MaximumRows = 8;

    /// <summary>Whether the kernels take a weight: on the processor, dense, of float32 or bfloat16.</summary>
    public static bool Takes(Tensor weight) =>
        weight.Device.Type == DeviceType.Cpu && weight.Type is ScalarType.Float32 or ScalarType.BFloat16 && weight.IsContiguous;

    /// <summary>y = after(x Wᵀ + b).</summary>
    /// <param name="weight"><c>[outputs, inputs]</c> of float32 or bfloat16.</param>
    /// <param name="bias"><c>[outputs]</c> of float32, or null.</param>
    /// <param name="x"><c>[rows, inputs]</c> of float32, any number of rows: more than <see cref="MaximumRows"/> go in several turns.</param>
    /// <param name="y"><c>[rows, outputs]</c> of float32, written to.</param>
    /// <param name="after">What to do with each number.</param>
    /// <exception cref="ArgumentException">A tensor is of another type or shape, not dense, or not on the processor.</exception>
    public static void Linear(Tensor weight, Tensor? bias, Tensor x, Tensor y, AfterLinear after = AfterLinear.Store)
    {
        if (!Takes(weight) || weight.Dimensions != 2)
        {
            throw new ArgumentException($"A dense matrix of float32 or bfloat16 on the processor is needed, not {weight}.", nameof(weight));
        }

        long outputs = weight.Size(0), inputs = weight.Size(1), rows = x.Size(0);
        Require(x, [rows, inputs], nameof(x));
        Require(y, [rows, outputs], nameof(y));
        if (bias is not null)
        {
            Require(bias, [outputs], nameof(bias));
        }

        for (long row = 0; row < rows; row += MaximumRows)
        {
            Native.Checked(Native.LinearRows(
                weight.DataPointer, (int)weight.Type, bias?.DataPointer ?? 0,
                x.DataPointer + (nint)(row * inputs * sizeof(float)), y.DataPointer + (nint)(row * outputs * sizeof(float)),
                Math.Min(MaximumRows, rows - row), inputs, outputs, (int)after));
        }

        GC.KeepAlive(weight);
        GC.KeepAlive(bias);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
    }

    /// <summary>
    /// Attention of one new position of each sequence to those before it and itself. Its keys and values are put into
    /// the caches first. All tensors are float32 and dense.
    /// </summary>
    /// <param name="qkv">Queries, keys and values of the new position, <c>[N, 3·H·D]</c>.</param>
    /// <param name="keys"><c>[N, H, capacity, D]</c>, written to at <paramref name="position"/>.</param>
    /// <param name="values"><c>[N, H, capacity, D]</c>, written to at <paramref name="position"/>.</param>
    /// <param name="position">The new position, from 0.</param>
    /// <param name="y">The result, <c>[N, H·D]</c>, written to.</param>
    /// <exception cref="ArgumentException">A tensor is of another type or shape, not dense, or not on the processor.</exception>
    public static void Attend(Tensor qkv, Tensor keys, Tensor values, long position, Tensor y)
    {
        if (keys.Dimensions != 4)
        {
            throw new ArgumentException($"A cache [N, H, capacity, D] is needed, not {keys}.", nameof(keys));
        }

        long rows = keys.Size(0), heads = keys.Size(1), capacity = keys.Size(2), width = keys.Size(3);
        if (position < 0 || position >= capacity)
        {
            throw new ArgumentException($"Position {position} is outside a cache of {capacity}.", nameof(position));
        }

        Require(qkv, [rows, 3 * heads * width], nameof(qkv));
        Require(keys, keys.Shape, nameof(keys));
        Require(values, keys.Shape, nameof(values));
        Require(y, [rows, heads * width], nameof(y));
        Native.Checked(Native.AttendRow(qkv.DataPointer, keys.DataPointer, values.DataPointer, y.DataPointer, rows, heads, width, capacity, position));
        GC.KeepAlive(qkv);
        GC.KeepAlive(keys);
        GC.KeepAlive(values);
        GC.KeepAlive(y);
    }

    private static void Require(Tensor tensor, ReadOnlySpan<long> shape, string name)
    {
        if (tensor.Type != ScalarType.Float32 || tensor.Device.Type != DeviceType.Cpu || !tensor.IsContiguous || !tensor.Shape.SequenceEqual(shape))
        {
            throw new ArgumentException($"{name} must be a dense float32 tensor [{string.Join(", ", shape.ToArray())}] on the processor, not {tensor}.", name);
        }
    }
}
