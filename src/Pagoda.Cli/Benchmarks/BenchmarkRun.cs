using System.Diagnostics;
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

    /// <summary>Whether each benchmark measures all shapes of its own, and not the one above.</summary>
    public bool AllRows { get; init; }

    public GptSampleShape Gpt { get; init; } = new();

    public int Pictures { get; init; } = BenchmarkShape.FewPictures;

    public required IReadOnlyList<ScalarType> Types { get; init; }

    public required Repetitions Repetitions { get; init; }

    public bool AgainstPython { get; init; }
}

/// <summary>Runs benchmarks. The GEMM rates of a report, measured before and after all of them, describe the machine; a row is held against the rate of its own time.</summary>
internal static class BenchmarkRun
{
    private const string Emulated =
        "the processor has neither avx512_bf16 nor amx_bf16, so libtorch emulates bfloat16 products and float32 is faster; measured with one view and at most three repeats";

    /// <summary>After so long a run of all benchmarks, which is to take less than ten minutes, repeats what is left less often.</summary>
    private static readonly TimeSpan s_late = TimeSpan.FromMinutes(5);

    /// <summary>Measures what is asked for.</summary>
    /// <param name="request">What to measure.</param>
    /// <param name="progress">Told what is being measured, so that nobody takes a long run for a stuck one.</param>
    /// <param name="cancel">Ends it after the step under way.</param>
    public static BenchmarkReport Run(BenchmarkRequest request, TextWriter progress, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        var machine = BenchmarkMachine.Read();
        progress.WriteLine("bench: the rate of matrix products");
        var before = request.Types.SelectMany(GemmRate.Measure).ToArray();
        (IBenchmark Benchmark, BenchmarkShape Shape)[] rows =
        [
            .. from type in request.Types
               from benchmark in request.Benchmarks
               where type == ScalarType.Float32 || benchmark.HasTypes
               let asked = new BenchmarkShape(ClipPresets.Get(request.Arch), request.Views, request.Size, type) { Arch = request.Arch, Gpt = request.Gpt, Pictures = request.Pictures }
               from shape in request.AllRows ? benchmark.Rows(asked) : [asked]
               select (benchmark, shape),
        ];
        var results = new List<BenchmarkResult>();
        foreach (var (benchmark, shape) in rows)
        {
            progress.WriteLine($"bench: {results.Count + 1}/{rows.Length} {benchmark.Name}{(rows.Count(row => row.Benchmark == benchmark && row.Shape.Type == shape.Type) > 1 ? $" {shape.Arch} x {shape.Views}" : "")}, {Terminal.Duration(clock.Elapsed)} so far");
            var late = clock.Elapsed > s_late && request.Repetitions == Repetitions.Usual && !request.AgainstPython;
            results.Add(Run(benchmark, shape, late ? request with { Repetitions = Repetitions.Hurried } : request, cancel));
        }

        var gemm = GemmRate.Better(before, request.Types.SelectMany(GemmRate.Measure));
        progress.WriteLine($"bench: done in {Terminal.Duration(clock.Elapsed)}");
        return new BenchmarkReport(machine, gemm, [.. results.Select(result => WithCeiling(result))]);
    }

    private static BenchmarkResult Run(IBenchmark benchmark, BenchmarkShape shape, BenchmarkRequest request, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var type = shape.Type;
        var emulated = type == ScalarType.BFloat16 && !LibTorch.HasBFloat16Instructions && benchmark.EmulatesBFloat16;
        shape = emulated ? shape with { Views = 1 } : shape;
        var repetitions = emulated ? request.Repetitions with { Most = Math.Min(3, request.Repetitions.Most) } : request.Repetitions;
        ProcessFigures.ResetPeak();
        using var workload = benchmark.Prepare(shape);
        var twins = new List<PythonTwin>();
        try
        {
            // PyTorch's own autocast is the same code: one type is enough to compare.
            if (request.AgainstPython && type == ScalarType.Float32)
            {
                // A form that nobody would choose for so many views only takes time where everything is measured.
                foreach (var form in workload.PythonForms.Where(form => !request.AllRows || shape.Views < 64 || form != "published"))
                {
                    twins.Add(new PythonTwin(benchmark.Name, form, workload.PythonShape));
                }
            }

            var measured = Measurement.Of(workload, repetitions, twins, workload.Operations is null ? null : () => GemmRate.Now(type), cancel);
            var setting = workload.Setting;
            return new BenchmarkResult
            {
                Name = benchmark.Name,
                Type = type,
                Arch = setting.Arch,
                Size = setting.Size,
                Views = setting.Views,
                Measured = measured,
                Operations = workload.Operations,
                Bytes = workload.Bytes,
                Ceiling = workload.Ceiling(measured.Seconds),
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

    private static BenchmarkResult WithCeiling(BenchmarkResult result) => result.Ceiling is not null ? result : result with
    {
        Ceiling = result.OperationsPerSecond is { } rate && result.Measured.GemmPerSecond is { } ceiling
            ? new Ceiling("GEMM", rate / ceiling)
            : new Ceiling("none: its operations are not counted"),
    };
}
