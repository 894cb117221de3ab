using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Pagoda.Torch;

namespace Pagoda.Training.Records;

/// <summary>A part of a run that one process did: from its beginning, or from where it was taken up, to its last record.</summary>
public sealed record RunPart
{
    /// <summary>Steps that were done before it.</summary>
    public required long FromStep { get; init; }

    /// <summary>Steps that were done at its last record.</summary>
    public required long ToStep { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it last recorded something.</summary>
    public required DateTimeOffset Ended { get; init; }

    /// <summary>Pagoda's version.</summary>
    public required string Version { get; init; }

    /// <summary>The commit that it was built from, where the build knew one.</summary>
    public string? Commit { get; init; }

    /// <summary>libtorch's version.</summary>
    [JsonPropertyName("libtorch")]
    public required string LibTorch { get; init; }

    /// <summary>How libtorch was built and runs, in its own words.</summary>
    [JsonPropertyName("libtorch_build")]
    public required IReadOnlyList<string> LibTorchBuild { get; init; }

    /// <summary>The file of the BLAS; null when libtorch has one inside.</summary>
    public string? Blas { get; init; }

    /// <summary>Threads inside an operator.</summary>
    public required int Threads { get; init; }

    /// <summary>Processes that trained together.</summary>
    public required int Ranks { get; init; }

    /// <summary>Where it computed: <c>cpu</c>, <c>cuda:0</c>.</summary>
    public required string Device { get; init; }

    /// <summary>The GPU's name, if it was one.</summary>
    public string? Gpu { get; init; }

    /// <summary>The processor's name.</summary>
    public required string Processor { get; init; }

    /// <summary>The operating system.</summary>
    public required string System { get; init; }

    /// <summary>The version of .NET.</summary>
    public required string Runtime { get; init; }

    internal static RunPart Begin(long step, Device device, int ranks)
    {
        var version = typeof(RunPart).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+', 2) ?? ["unknown"];
        var now = DateTimeOffset.UtcNow;
        return new RunPart
        {
            FromStep = step,
            ToStep = step,
            Started = now,
            Ended = now,
            Version = version[0],
            Commit = version.ElementAtOrDefault(1),
            LibTorch = Torch.LibTorch.Version,
            LibTorchBuild = [.. Torch.LibTorch.BuildInformation.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)],
            Blas = MappedLibraries.Read().Blas,
            Threads = Torch.LibTorch.Threads,
            Ranks = ranks,
            Device = device.ToString(),
            Gpu = device.Type == DeviceType.Cuda ? Cuda.DeviceName(Math.Max(0, device.Index)) : null,
            Processor = ProcessorName(),
            System = RuntimeInformation.OSDescription,
            Runtime = RuntimeInformation.FrameworkDescription,
        };
    }

    private static string ProcessorName()
    {
        const string file = "/proc/cpuinfo";
        var line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? "unknown" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
