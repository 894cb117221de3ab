using System.Runtime.InteropServices;
using System.Text.Json;
using Pagoda.Cli.Doctor;
using Pagoda.Generation.Provenance;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>The machine that a report is of.</summary>
internal sealed record BenchmarkMachine(
    string Pagoda, string System, ProcessorFacts Processor, MemoryFacts Memory, string Libtorch, string? Kernels, string? Blas, int Threads, double LoadAtStart)
{
    public static BenchmarkMachine Read()
    {
        var engine = EngineFacts.Read();
        return new BenchmarkMachine(
            ProductVersion.Text, OperatingSystem(), ProcessorFacts.Read(), MemoryFacts.Read(), engine.Version, engine.Kernels, engine.Blas, engine.Threads, ProcessFigures.Load);
    }

    private static string OperatingSystem()
    {
        const string file = "/etc/os-release";
        var name = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal)) : null;
        return name is null ? RuntimeInformation.OSDescription : name["PRETTY_NAME=".Length..].Trim('"');
    }
}

/// <summary>One line of a report.</summary>
internal sealed record BenchmarkResult
{
    public required string Name { get; init; }

    public required ScalarType Type { get; init; }

    /// <summary>The network, in a word or two; null where there is none.</summary>
    public string? Arch { get; init; }

    /// <summary>Side of its pictures in pixels; null where there are none.</summary>
    public int? Size { get; init; }

    /// <summary>Pictures or texts in a step.</summary>
    public required int Views { get; init; }

    public required Measurement Measured { get; init; }

    /// <summary>Floating-point operations of a step, or null when they are not counted.</summary>
    public double? Operations { get; init; }

    public double? OperationsPerSecond => Operations / Measured.Seconds.Median;

    /// <summary>Bytes that a step has to move, or null when they are not what counts.</summary>
    public double? Bytes { get; init; }

    /// <summary>What the row is held against; the GEMM rate of the same run and type where operations are counted.</summary>
    public Ceiling? Ceiling { get; init; }

    public SamplingFigures? Sampling { get; init; }

    public string? Note { get; init; }
}

/// <summary>All of it, as <c>--json</c> prints it.</summary>
internal sealed record BenchmarkReport(BenchmarkMachine Machine, IReadOnlyList<GemmRate> Gemm, IReadOnlyList<BenchmarkResult> Results);

/// <summary>Reports that were kept.</summary>
internal static class StoredReport
{
    /// <summary>Reads what <c>--json</c> printed.</summary>
    /// <param name="file">The file.</param>
    /// <param name="isWhole">Whether nothing is missing of what was read.</param>
    /// <exception cref="UsageException">There is no such file, or it is no report of this kind.</exception>
    public static T Load<T>(string file, Func<T, bool> isWhole)
        where T : class
    {
        try
        {
            return Terminal.ReadJson<T>(File.ReadAllText(file)) is { } report && isWhole(report) ? report : throw new JsonException("something is missing");
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--from {file} is no report of this command's --json: {error.Message.TrimEnd('.')}.");
        }
    }
}
