using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>What was asked for on the command line.</summary>
internal sealed record BenchmarkRequest
{
    public required IReadOnlyList<IBenchmark> Benchmarks { get; init; }

    public required string Arch { get; init; }

    public required int Views { get; init; }

    public required int Size { get; init; }

    public GptSampleShape Gpt { get; init; } = new();

    public int Pictures { get; init; } = BenchmarkShape.FewPictures;

    public required IReadOnlyList<ScalarType> Types { get; init; }

    public required int Repeat { get; init; }

    public bool AgainstPython { get; init; }
}

/// <summary>Runs benchmarks between two measurements of the GEMM rate, of which the better counts.</summary>
internal static class BenchmarkRun
{
    private const string Emulated =
        "the processor has neither avx512_bf16 nor amx_bf16, so libtorch emulates bfloat16 products and float32 is faster; measured with one view and at most three repeats";

    public static BenchmarkReport Run(BenchmarkRequest request, CancellationToken cancel)
    {
        var machine = BenchmarkMachine.Read();
        var before = request.Types.SelectMany(GemmRate.Measure).ToArray();
        var results = new List<BenchmarkResult>();
        foreach (var type in request.Types)
        {
            foreach (var benchmark in request.Benchmarks.Where(benchmark => type == ScalarType.Float32 || benchmark.HasTypes))
            {
                results.Add(Run(benchmark, type, request, cancel));
            }
        }

        var gemm = request.Types.SelectMany(GemmRate.Measure).Zip(before, (after, earlier) => after.PerSecond > earlier.PerSecond ? after : earlier).ToArray();
        return new BenchmarkReport(machine, request.Arch, request.Size, gemm, [.. results.Select(result => WithFraction(result, gemm))]);
    }

    private static BenchmarkResult Run(IBenchmark benchmark, ScalarType type, BenchmarkRequest request, CancellationToken cancel)
    {
        var emulated = type == ScalarType.BFloat16 && !LibTorch.HasBFloat16Instructions && benchmark.EmulatesBFloat16;
        var shape = new BenchmarkShape(ClipPresets.Get(request.Arch), emulated ? 1 : request.Views, request.Size, type) { Gpt = request.Gpt, Pictures = request.Pictures };
        var repeat = emulated ? Math.Min(3, request.Repeat) : request.Repeat;
        using var workload = benchmark.Prepare(shape);
        var twins = new List<PythonTwin>();
        try
        {
            // PyTorch's own autocast is the same code: one type is enough to compare.
            if (request.AgainstPython && type == ScalarType.Float32)
            {
                foreach (var form in workload.PythonForms)
                {
                    twins.Add(new PythonTwin(benchmark.Name, form, workload.PythonShape));
                }
            }

            var measured = Measurement.Of(workload, repeat, twins, cancel);
            return new BenchmarkResult
            {
                Name = benchmark.Name,
                Type = type,
                Views = workload.OwnViews ?? shape.Views,
                Repeats = repeat,
                Measured = measured,
                Operations = workload.Operations,
                Sampling = workload.Figures(measured.Seconds),
                Note = emulated ? Emulated : workload.Note(measured),
            };
        }
        catch (InvalidOperationException) when (cancel.IsCancellationRequested)
        {
            // What interrupts this process interrupts the PyTorch programs too, which may be noticed first.
            throw new OperationCanceledException(cancel);
        }
        finally
        {
            twins.ForEach(twin => twin.Dispose());
        }
    }

    private static BenchmarkResult WithFraction(BenchmarkResult result, IReadOnlyList<GemmRate> gemm) => result with
    {
        FractionOfGemm = result.OperationsPerSecond / gemm.Where(rate => rate.Type == result.Type).Max(rate => rate.PerSecond),
    };
}
