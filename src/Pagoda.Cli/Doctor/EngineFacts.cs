using System.Text.RegularExpressions;
using Pagoda.Torch;
using Pagoda.Torch.Distributed;

namespace Pagoda.Cli.Doctor;

/// <summary>A CUDA device.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Free">Bytes free.</param>
/// <param name="Total">Bytes in all.</param>
internal sealed record CudaDeviceFacts(string Name, long Free, long Total);

/// <summary>libtorch as it runs in this process.</summary>
internal sealed partial record EngineFacts
{
    /// <summary>For example "1.13.0".</summary>
    public required string Version { get; init; }

    /// <summary>The file of libtorch_cpu.</summary>
    public string? Library { get; init; }

    /// <summary>The file of the BLAS that is mapped; <see langword="null"/> when libtorch has one inside.</summary>
    public string? Blas { get; init; }

    /// <summary>The file of the OpenMP runtime.</summary>
    public string? OpenMp { get; init; }

    /// <summary>Threads inside an operator.</summary>
    public required int Threads { get; init; }

    /// <summary>The instruction set of the kernels in use: DEFAULT, AVX2 or AVX512.</summary>
    public string? Kernels { get; init; }

    /// <summary>Whether bfloat16 is worth using on the processor.</summary>
    public required bool FastBFloat16 { get; init; }

    /// <summary>Built with CUDA.</summary>
    public required bool HasCuda { get; init; }

    /// <summary>The devices that can be used.</summary>
    public required IReadOnlyList<CudaDeviceFacts> CudaDevices { get; init; }

    /// <summary>What connects the processes of a run: gloo, nccl.</summary>
    public IReadOnlyList<string> DistributedBackends { get; init; } = [];

    /// <summary>Loads libtorch and asks it.</summary>
    /// <exception cref="Exception">The native half or libtorch cannot be loaded; the message says why.</exception>
    public static EngineFacts Read()
    {
        // Through the loader first, whose sentence is better than that of the first call that fails.
        NativeLibraries.Load("pagoda_torch");
        var version = LibTorch.Version;
        var libraries = MappedLibraries.Read();
        return new EngineFacts
        {
            Version = version,
            Library = libraries.Find("libtorch_cpu."),
            Blas = libraries.Blas,
            OpenMp = libraries.Find("libgomp", "libiomp", "libomp."),
            Threads = LibTorch.Threads,
            Kernels = CapabilityPattern().Match(LibTorch.BuildInformation) is { Success: true } match ? match.Groups[1].Value : null,
            FastBFloat16 = LibTorch.HasFastBFloat16,
            HasCuda = LibTorch.HasCuda,
            DistributedBackends = ProcessGroup.Backends,
            CudaDevices = [.. Enumerable.Range(0, LibTorch.CudaDeviceCount).Select(ReadDevice)],
        };
    }

    private static CudaDeviceFacts ReadDevice(int index)
    {
        var (free, total, _) = Cuda.Memory(index);
        return new CudaDeviceFacts(Cuda.DeviceName(index), free, total);
    }

    [GeneratedRegex(@"CPU capability usage: (\w+)")]
    private static partial Regex CapabilityPattern();
}
