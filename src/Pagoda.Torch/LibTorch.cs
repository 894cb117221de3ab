namespace Pagoda.Torch;

/// <summary>The libtorch this process runs on.</summary>
public static unsafe class LibTorch
{
    /// <summary>Its version, for example <c>1.13.0</c>.</summary>
    public static string Version => Native.Text(Native.Version());

    /// <summary>How it was built and how it runs threads: several lines of text.</summary>
    public static string BuildInformation => Native.Text(Native.BuildInformation());

    /// <summary>Threads inside an operator; the processor count at first, or <c>OMP_NUM_THREADS</c>.</summary>
    public static int Threads
    {
        get => Native.Threads();
        set => Native.SetThreads(value);
    }

    /// <summary>True when it was built with CUDA, whether or not a device is there.</summary>
    public static bool HasCuda => Native.HasCuda() != 0;

    /// <summary>CUDA devices that can be used.</summary>
    public static int CudaDeviceCount => Native.CudaDevices();

    /// <summary>The best device at hand: <c>cuda:0</c>, or the processor.</summary>
    public static Device DefaultDevice => CudaDeviceCount > 0 ? Device.Cuda() : Device.Cpu;

    /// <summary>True when the processor has instructions for products of bfloat16; without them libtorch emulates each.</summary>
    public static bool HasBFloat16Instructions => Processor.HasBFloat16Instructions;

    /// <summary>True when products of bfloat16 matrices are faster than those of float32 on this processor.</summary>
    public static bool HasFastBFloat16 => Processor.HasFastBFloat16;

    /// <summary>
    /// What libtorch and its BLAS are told about this processor before they are loaded, as environment variables. Those
    /// that the user has set are not among them. Programs on the same libtorch that do not set them may be several times slower.
    /// </summary>
    public static IReadOnlyDictionary<string, string> ProcessorSettings { get; } = Processor.Settings();

    /// <summary>Gives the system back what freed tensors on the processor have left to those to come (up to a quarter of its memory, 8 GB at most).</summary>
    public static void ReleaseMemory() => Native.ReleaseMemory();

    /// <summary>Waits until a CUDA device has done all it was given; on the processor nothing is pending.</summary>
    public static void Synchronize(Device device) => Native.Checked(Native.Synchronize(device.Code));

    /// <summary>Asks for kernels that repeat to the bit where libtorch has a choice.</summary>
    public static void SetDeterministic(bool enabled) => Native.Checked(Native.SetDeterministic(enabled ? 1 : 0));

    /// <summary>Tensors that C# holds at this moment.</summary>
    public static long LiveTensors => Tensor.Live;

    /// <summary>The schema of an operator as this libtorch prints it, or null when it has none of that name.</summary>
    public static string? Schema(string name, string overload = "") => Dispatcher.Schema(name, overload);
}
