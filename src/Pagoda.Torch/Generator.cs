namespace Pagoda.Torch;

/// <summary>A source of random numbers on the processor, apart from the default one.</summary>
public sealed unsafe class Generator : IDisposable
{
    /// <summary>Starts a generator from a seed.</summary>
    public Generator(ulong seed) => Handle = Native.Checked(Native.GeneratorNew(seed));

    internal nint Handle { get; private set; }

    /// <summary>The generator's state, to be put back later: <c>[bytes]</c> of <see cref="ScalarType.UInt8"/>.</summary>
    public Tensor State
    {
        get => new(Native.Checked(Native.GeneratorState(Handle, Device.Cpu.Code)));
        set
        {
            Native.Checked(Native.GeneratorSetState(Handle, Device.Cpu.Code, value.Handle));
            GC.KeepAlive(value);
        }
    }

    /// <summary>Seeds the default generators of all devices.</summary>
    public static void Seed(ulong seed) => Native.Checked(Native.ManualSeed(seed));

    /// <summary>The state of a device's default generator.</summary>
    public static Tensor DefaultState(Device device) => new(Native.Checked(Native.GeneratorState(0, device.Code)));

    /// <summary>Puts back what <see cref="DefaultState"/> gave.</summary>
    public static void SetDefaultState(Device device, Tensor state)
    {
        Native.Checked(Native.GeneratorSetState(0, device.Code, state.Handle));
        GC.KeepAlive(state);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>The net below <see cref="Dispose"/>.</summary>
    ~Generator() => Free();

    private void Free()
    {
        if (Handle != 0)
        {
            Native.GeneratorFree(Handle);
            Handle = 0;
        }
    }
}
