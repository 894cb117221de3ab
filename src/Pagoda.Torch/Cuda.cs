namespace Pagoda.Torch;

/// <summary>What only CUDA devices have. Every member throws <see cref="TorchException"/> on a libtorch without CUDA.</summary>
public static unsafe class Cuda
{
    /// <summary>The device's name, such as <c>NVIDIA H100 80GB HBM3</c>.</summary>
    public static string DeviceName(int device)
    {
        var name = Native.CudaDeviceName(device);
        return name == null ? throw Native.LastError() : Native.Text(name);
    }

    /// <summary>Bytes free and in all on a device, and the most that tensors took at a time.</summary>
    public static (long Free, long Total, long Peak) Memory(int device)
    {
        long free, total, peak;
        Native.Checked(Native.CudaMemory(device, &free, &total, &peak));
        return (free, total, peak);
    }

    /// <summary>Gives memory that the caching allocator holds unused back to the device.</summary>
    public static void EmptyCache() => Native.Checked(Native.CudaEmptyCache());
}

/// <summary>A moment in a CUDA stream, for timing.</summary>
public sealed class CudaEvent : IDisposable
{
    private nint _handle = Native.Checked(Native.CudaEventRecord());

    /// <summary>Milliseconds from this event to a later one; waits for that one.</summary>
    public float ElapsedMilliseconds(CudaEvent later)
    {
        var elapsed = Native.CudaEventElapsed(_handle, later._handle);
        return elapsed >= 0 ? elapsed : throw Native.LastError();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Native.CudaEventFree(_handle);
        _handle = 0;
    }
}

/// <summary>
/// A recorded run of kernels that can be replayed without launching each from the processor. What runs between
/// <see cref="Capture"/> and <see cref="End"/> must keep its tensors' addresses.
/// </summary>
public sealed class CudaGraph : IDisposable
{
    private nint _handle;

    private CudaGraph(nint handle) => _handle = handle;

    /// <summary>Begins recording on a stream of its own.</summary>
    public static CudaGraph Capture() => new(Native.Checked(Native.CudaGraphBegin()));

    /// <summary>Ends recording.</summary>
    public void End() => Native.Checked(Native.CudaGraphEnd(_handle));

    /// <summary>Runs what was recorded.</summary>
    public void Replay() => Native.Checked(Native.CudaGraphReplay(_handle));

    /// <inheritdoc/>
    public void Dispose()
    {
        Native.CudaGraphFree(_handle);
        _handle = 0;
    }
}
