using Pagoda.Cli.Doctor;
using Pagoda.Generation.Provenance;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>The machine that a report is of.</summary>
internal sealed record BenchmarkMachine(
    string Pagoda, ProcessorFacts Processor, MemoryFacts Memory, string Libtorch, string? Kernels, string? Blas, int Threads, double LoadAtStart)
{
    public static BenchmarkMachine Read()
    {
        var engine = EngineFacts.Read();
        return new BenchmarkMachine(
            ProductVersion.Text, ProcessorFacts.Read(), MemoryFacts.Read(), engine.Version, engine.Kernels, engine.Blas, engine.Threads, ProcessFigures.Load);
    }
}

/// <summary>One line of a report.</summary>
internal sealed record BenchmarkResult
{
    public required string Name { get; init; }

    public required ScalarType Type { get; init; }

    /// <summary>Pictures or texts in a step.</summary>
    public required int Views { get; init; }

    public required int Repeats { get; init; }

    public required Measurement Measured { get; init; }

    /// <summary>Floating-point operations of a step, or null when they are not counted.</summary>
    public double? Operations { get; init; }

    public double? OperationsPerSecond => Operations / Measured.Seconds.Median;

    /// <summary>Of the GEMM rate of the same run and type.</summary>
    public double? FractionOfGemm { get; init; }

    public SamplingFigures? Sampling { get; init; }

    public string? Note { get; init; }
}

/// <summary>All of it, as <c>--json</c> prints it.</summary>
internal sealed record BenchmarkReport(BenchmarkMachine Machine, string Arch, int Size, IReadOnlyList<GemmRate> Gemm, IReadOnlyList<BenchmarkResult> Results);
