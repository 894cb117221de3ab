using System.Globalization;
using System.Text.Json;
using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training;

namespace Pagoda.Cli.Benchmarks;

/// <summary>A point of a curve.</summary>
/// <param name="X">What grows.</param>
/// <param name="Seconds">What it costs.</param>
/// <param name="Operations">Floating-point operations that these seconds are for; null where they are not counted.</param>
/// <param name="Label">What stands at the point; its number unless given.</param>
internal sealed record ScalePoint(double X, Spread Seconds, double? Operations, string? Label = null);

/// <summary>Cost against one size.</summary>
/// <param name="Title">What is measured.</param>
/// <param name="Grows">What grows, with its unit.</param>
/// <param name="Costs">What the seconds are of.</param>
/// <param name="Points">From small to large.</param>
internal sealed record ScaleCurve(string Title, string Grows, string Costs, IReadOnlyList<ScalePoint> Points);

/// <summary>All curves, as <c>bench scale --json</c> prints them.</summary>
internal sealed record ScaleReport(BenchmarkMachine Machine, IReadOnlyList<GemmRate> Gemm, IReadOnlyList<ScaleCurve> Curves)
{
    /// <summary>Seconds that a point's operations would take at the best GEMM rate of the run; null where they are not counted.</summary>
    public double? Floor(ScalePoint point) => point.Operations / Gemm.Max(rate => rate.PerSecond);
}

/// <summary>Measures what things cost as they grow: views, resolution, batch, model, ranks.</summary>
internal static class ScaleRun
{
    private const string Tower = "ViT-B-32";

    /// <summary>A curve shows what a table's row need not: a few repetitions do.</summary>
    private static readonly Repetitions s_few = new(2, 5, 2, 10);

    public static ScaleReport Run(TextWriter progress, CancellationToken cancel)
    {
        var machine = BenchmarkMachine.Read();
        progress.WriteLine("bench scale: the rate of matrix products");
        var before = GemmRate.Measure(ScalarType.Float32);
        ScaleCurve Curve(string title, string grows, string costs, IEnumerable<(double X, string? Label, IBenchmark Benchmark, BenchmarkShape Shape, double Per)> points) => new(title, grows, costs, [.. points.Select(point =>
        {
            progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bench scale: {title}, {point.Label ?? $"{point.X:0}"}"));
            cancel.ThrowIfCancellationRequested();
            using var workload = point.Benchmark.Prepare(point.Shape);
            var seconds = Measurement.Of(workload, s_few, [], null, cancel).Seconds;
            return new ScalePoint(point.X, seconds / point.Per, workload.Operations / point.Per, point.Label);
        })]);
        var (pixels, encode) = (new PixelStepBenchmark(), new EncodeImageBenchmark());
        ScaleCurve[] curves =
        [
            Curve("Painting: views", "views in a step", "a view", new[] { 1, 2, 4, 8, 16, 32, 64 }.Select(views => ((double)views, (string?)null, (IBenchmark)pixels, Shape(Tower, views), (double)views))),
            Curve("Painting: resolution", "side in pixels", "a step of 4 views", new[] { 64, 96, 128, 192, 224, 320, 448 }.Select(size => ((double)size, (string?)null, (IBenchmark)pixels, Shape(Tower, 4) with { Size = size }, 1.0))),
            Curve("Training: batch", "pictures in a step", "a picture", new[] { 4, 8, 16, 32, 64 }.Select(batch => ((double)batch, (string?)null, (IBenchmark)new TrainStepBenchmark(batch), Shape(Tower, 1), (double)batch))),
            Curve("Encoding: model", "GFLOP a picture", "a picture", new[] { Tower, "ViT-B-16", "convnext_base_w", "ViT-L-14" }.Select(arch => (OperationCount.Image(ClipPresets.Get(arch))!.Value.Forward / 1e9, (string?)arch, (IBenchmark)encode, Shape(arch, 1), 1.0))),
            Ranks(progress, cancel),
        ];
        var gemm = GemmRate.Better(before, GemmRate.Measure(ScalarType.Float32));
        return new ScaleReport(machine, gemm, curves);
    }

    private static BenchmarkShape Shape(string arch, int views)
    {
        var config = ClipPresets.Get(arch);
        return new BenchmarkShape(config, views, config.Vision.ImageSize, ScalarType.Float32) { Arch = arch };
    }

    /// <summary>CLIPAG by <c>train</c> itself with one process and with two, each with one thread, over Gloo: seconds a picture of the same batch.</summary>
    private static ScaleCurve Ranks(TextWriter progress, CancellationToken cancel)
    {
        var options = new TrainingOptions
        {
            Method = TrainingMethod.Clipag,
            Model = new ModelOptions { From = "emoji" },
            Data = new DataOptions { Synthetic = 256 },
            Attack = new AttackSettings { Radius = 1, Steps = 2 },
            Optimizer = new OptimizerOptions { Steps = 12, Batch = 32, WarmUp = 1 },
            Device = "cpu",
            Autocast = false,
            LogEvery = 2,
            SaveEvery = 100,
        };
        return new ScaleCurve("Training: processes", "processes of one thread", "a picture", [.. new[] { 1, 2 }.Select(ranks =>
        {
            progress.WriteLine($"bench scale: training, {ranks} {(ranks == 1 ? "process" : "processes")}");
            cancel.ThrowIfCancellationRequested();
            return new ScalePoint(ranks, Spread.Of(Train(options, ranks)), null);
        })]);
    }

    /// <summary>Seconds a picture, between the lines of the run's log; the first also has the start in it.</summary>
    private static IEnumerable<double> Train(TrainingOptions options, int ranks)
    {
        var folder = Directory.CreateTempSubdirectory("pagoda-bench-").FullName;
        try
        {
            var (config, run) = (Path.Combine(folder, "run.yaml"), Path.Combine(folder, "run"));
            File.WriteAllText(config, TrainingConfigFile.Write(options));
            var port = FreePort().ToString(CultureInfo.InvariantCulture);
            var processes = Enumerable.Range(0, ranks).Select(rank =>
            {
                var start = OwnProgram.With("train", config, "--out", run);
                foreach (var (name, value) in new[] { ("RANK", $"{rank}"), ("WORLD_SIZE", $"{ranks}"), ("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", port), ("OMP_NUM_THREADS", "1") })
                {
                    start.Environment[name] = value;
                }

                var process = System.Diagnostics.Process.Start(start)!;
                return (Process: process, Output: process.StandardOutput.ReadToEndAsync(), Error: process.StandardError.ReadToEndAsync());
            }).ToList();
            foreach (var (process, _, error) in processes)
            {
                process.WaitForExit();
                if (process.ExitCode != 0)
                {
                    throw new InvalidOperationException($"`train` on {ranks} processes ended with exit code {process.ExitCode}: {error.Result.Trim().Split('\n')[^1]}");
                }
            }

            return [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(line => 1 / JsonDocument.Parse(line).RootElement.GetProperty("images_per_second").GetDouble()).Skip(1)];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
