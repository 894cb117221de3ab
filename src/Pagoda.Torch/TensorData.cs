using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pagoda.Torch;

public sealed unsafe partial class Tensor
{
    /// <summary>A tensor on the processor with a copy of these numbers, row by row.</summary>
    /// <typeparam name="T">The element type: float, double, long, int, short, sbyte, byte, bool or <see cref="Half"/>.</typeparam>
    /// <exception cref="ArgumentException">The shape asks for another count of elements.</exception>
    public static Tensor From<T>(ReadOnlySpan<T> values, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        long length = values.Length;
        if (shape.IsEmpty)
        {
            shape = new ReadOnlySpan<long>(in length);
        }

        long elements = 1;
        foreach (var size in shape)
        {
            elements *= size;
        }

        if (elements != values.Length)
        {
            throw new ArgumentException($"A tensor of shape [{string.Join(", ", shape.ToArray())}] has {elements} elements; {values.Length} were given.", nameof(values));
        }

        fixed (T* data = values)
        fixed (long* sizes = shape)
        {
            return Copy(data, sizes, shape.Length, TypeOf<T>());
        }
    }

    /// <summary>A tensor on the processor with a copy of these numbers, row by row.</summary>
    public static Tensor From<T>(T[] values, params ReadOnlySpan<long> shape)
        where T : unmanaged => From((ReadOnlySpan<T>)values, shape);

    /// <summary>A tensor without dimensions.</summary>
    public static Tensor FromScalar(double value, ScalarType type = ScalarType.Float32) => Ops.Full([], value, type);

    /// <summary>A tensor on the processor with a copy of raw little-endian bytes, row-major.</summary>
    /// <exception cref="ArgumentException">The bytes are not as many as type and shape need.</exception>
    public static Tensor FromBytes(ReadOnlySpan<byte> bytes, ScalarType type, params ReadOnlySpan<long> shape)
    {
        long elements = 1;
        foreach (var size in shape)
        {
            elements *= size;
        }

        if (elements * type.ByteSize() != bytes.Length)
        {
            throw new ArgumentException($"A {type} tensor of shape [{string.Join(", ", shape.ToArray())}] has {elements * type.ByteSize()} bytes; {bytes.Length} were given.", nameof(bytes));
        }

        fixed (byte* data = bytes)
        fixed (long* sizes = shape)
        {
            return Copy(data, sizes, shape.Length, type);
        }
    }

    /// <summary>
    /// A tensor over memory of the caller, without a copy. The memory must stay where it is until this tensor and every
    /// view of it are gone.
    /// </summary>
    public static Tensor Over(nint data, ScalarType type, params ReadOnlySpan<long> shape)
    {
        fixed (long* sizes = shape)
        {
            return new Tensor(Native.Checked(Native.TensorFromBlob((void*)data, sizes, shape.Length, (int)type)));
        }
    }

    /// <summary>The elements in row-major order, copied; the type must be the tensor's own.</summary>
    /// <exception cref="InvalidOperationException">The tensor has another element type.</exception>
    public T[] ToArray<T>()
        where T : unmanaged
    {
        var array = new T[Elements];
        CopyTo(array.AsSpan());
        return array;
    }

    /// <summary>Copies the elements in row-major order.</summary>
    /// <exception cref="InvalidOperationException">The tensor has another element type, or another count of elements.</exception>
    public void CopyTo<T>(Span<T> destination)
        where T : unmanaged
    {
        if (typeof(T) != typeof(byte) && TypeOf<T>() != Type)
        {
            throw new InvalidOperationException($"{this} cannot be read as {typeof(T).Name}.");
        }

        if (Elements * Type.ByteSize() != (long)destination.Length * sizeof(T))
        {
            throw new InvalidOperationException($"{this} does not fill {destination.Length} elements of {typeof(T).Name}.");
        }

        using var scope = new TensorScope();
        using (GradMode.Disable())
        {
            var dense = this.Detach().To(device: Device.Cpu).Contiguous();
            new ReadOnlySpan<T>((void*)Native.TensorData(dense.Handle), destination.Length).CopyTo(destination);
            GC.KeepAlive(dense);
        }
    }

    /// <summary>The bytes of the elements in row-major order, little-endian.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Elements * Type.ByteSize()];
        CopyTo(bytes.AsSpan());
        return bytes;
    }

    /// <summary>The only element as a number.</summary>
    /// <exception cref="TorchException">It has more than one element.</exception>
    public double ToDouble() => Ops.Item(this).ToDouble();

    /// <summary>The only element as a whole number.</summary>
    /// <exception cref="TorchException">It has more than one element.</exception>
    public long ToInt64() => Ops.Item(this).ToInt64();

    /// <summary>The address of the first element: valid while the tensor lives; elements follow its strides.</summary>
    public nint DataPointer
    {
        get
        {
            var pointer = Native.TensorData(Handle);
            GC.KeepAlive(this);
            return pointer;
        }
    }

    private static Tensor Copy(void* data, long* sizes, int dimensions, ScalarType type)
    {
        byte nothing;
        using var view = new Tensor(Native.Checked(Native.TensorFromBlob(data == null ? &nothing : data, sizes, dimensions, (int)type)));
        return view.Clone();
    }

    private static ScalarType TypeOf<T>() => default(T) switch
    {
        float => ScalarType.Float32,
        double => ScalarType.Float64,
        long => ScalarType.Int64,
        int => ScalarType.Int32,
        short => ScalarType.Int16,
        sbyte => ScalarType.Int8,
        byte => ScalarType.UInt8,
        bool => ScalarType.Bool,
        Half => ScalarType.Float16,
        _ => throw new ArgumentException($"Tensors have no elements of type {typeof(T).Name}."),
    };
}
