using System.Runtime.InteropServices;

namespace Pagoda.Torch;

/// <summary>
/// A tensor of libtorch. It belongs to the <see cref="TensorScope"/> it was made in and is freed with it unless kept;
/// the operators are the methods of <see cref="Ops"/>.
/// </summary>
public sealed unsafe partial class Tensor : IDisposable
{
    private static long s_live;
    private nint _handle;
    private long[]? _shape;

    internal Tensor(nint handle)
    {
        _handle = handle;
        Interlocked.Increment(ref s_live);
        TensorScope.Register(this);
    }

    /// <summary>The net below scopes and <see cref="Dispose"/>.</summary>
    ~Tensor() => Free();

    internal static long Live => Interlocked.Read(ref s_live);

    internal nint Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Tensor), "This tensor was freed with its scope: keep it with TensorScope.Keep if it must live longer.");

    /// <summary>True once its memory was given back.</summary>
    public bool IsDisposed => _handle == 0;

    /// <summary>The sizes of its dimensions.</summary>
    public ReadOnlySpan<long> Shape
    {
        get
        {
            if (_shape is null)
            {
                var shape = new long[Native.TensorDimensions(Handle)];
                fixed (long* sizes = shape)
                {
                    Native.TensorSizes(Handle, sizes);
                }

                _shape = shape;
                GC.KeepAlive(this);
            }

            return _shape;
        }
    }

    /// <summary>How many dimensions it has.</summary>
    public int Dimensions => Shape.Length;

    /// <summary>The size of a dimension; negative numbers count from the last.</summary>
    public long Size(int dimension) => Shape[dimension < 0 ? Shape.Length + dimension : dimension];

    /// <summary>How many elements it has.</summary>
    public long Elements
    {
        get
        {
            var elements = Native.TensorElements(Handle);
            GC.KeepAlive(this);
            return elements;
        }
    }

    /// <summary>Its element type.</summary>
    public ScalarType Type
    {
        get
        {
            var type = (ScalarType)Native.TensorType(Handle);
            GC.KeepAlive(this);
            return type;
        }
    }

    /// <summary>Where it lives.</summary>
    public Device Device
    {
        get
        {
            var device = Device.FromCode(Native.TensorDevice(Handle));
            GC.KeepAlive(this);
            return device;
        }
    }

    /// <summary>True when its elements lie in row-major order without gaps.</summary>
    public bool IsContiguous
    {
        get
        {
            var contiguous = Native.TensorIsContiguous(Handle) != 0;
            GC.KeepAlive(this);
            return contiguous;
        }
    }

    /// <summary>Whether autograd follows it.</summary>
    public bool RequiresGrad
    {
        get
        {
            var requires = Native.TensorRequiresGrad(Handle) != 0;
            GC.KeepAlive(this);
            return requires;
        }

        set
        {
            Native.Checked(Native.TensorSetRequiresGrad(Handle, value ? 1 : 0));
            GC.KeepAlive(this);
        }
    }

    /// <summary>The gradient that <see cref="Autograd.Backward(Tensor, bool)"/> has gathered, or null.</summary>
    public Tensor? Grad
    {
        get
        {
            var grad = Native.TensorGrad(Handle);
            GC.KeepAlive(this);
            return grad == 0 ? null : new Tensor(grad);
        }

        set
        {
            Native.Checked(Native.TensorSetGrad(Handle, value?.Handle ?? 0));
            GC.KeepAlive(this);
            GC.KeepAlive(value);
        }
    }

    /// <summary>Sets <see cref="RequiresGrad"/> and returns the tensor.</summary>
    public Tensor WithGrad(bool requires = true)
    {
        RequiresGrad = requires;
        return this;
    }

    /// <summary>Its type, shape and device.</summary>
    public override string ToString() =>
        IsDisposed ? "Tensor (freed)" : $"Tensor {Type} [{string.Join(", ", Shape.ToArray())}] on {Device}";

    /// <summary>Gives its memory back now.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        var handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0)
        {
            Native.TensorFree(handle);
            Interlocked.Decrement(ref s_live);
        }
    }
}
