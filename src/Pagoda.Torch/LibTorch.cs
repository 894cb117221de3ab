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

    /// <summary>True when the processor multiplies bfloat16 matrices in hardware; without that they are slower than float32.</summary>
    public static bool HasFastBFloat16 { get; } = ProcessorFlags().Any(flag => flag is "avx512_bf16" or "amx_bf16");

    /// <summary>Waits until a CUDA device has done all it was given; on the processor nothing is pending.</summary>
    public static void Synchronize(Device device) => Native.Checked(Native.Synchronize(device.Code));

    /// <summary>Asks for kernels that repeat to the bit where libtorch has a choice.</summary>
    public static void SetDeterministic(bool enabled) => Native.Checked(Native.SetDeterministic(enabled ? 1 : 0));

    /// <summary>Tensors that C# holds at this moment.</summary>
    public static long LiveTensors => Tensor.Live;

    /// <summary>The schema of an operator as this libtorch prints it, or null when it has none of that name.</summary>
    public static string? Schema(string name, string overload = "") => Dispatcher.Schema(name, overload);

    private static string[] ProcessorFlags()
    {
        const string file = "/proc/cpuinfo";
        var flags = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal)) : null;
        return flags?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
    }
}
