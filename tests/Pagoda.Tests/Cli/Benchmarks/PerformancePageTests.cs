using System.Xml.Linq;
using Pagoda.Cli;
using Pagoda.Cli.Benchmarks;
using Pagoda.Cli.Doctor;
using Pagoda.Torch;

namespace Pagoda.Tests.Cli.Benchmarks;

public sealed class PerformancePageTests : IDisposable
{
    private const string Before = "# Title\n\nSomebody's own words.\n\n<!-- bench begin -->", After = "<!-- bench end -->\n\nMore words.\n";

    private static readonly BenchmarkMachine s_machine = new("0.0.1", "A System", new ProcessorFacts("A Processor", 2, ["avx2"]), new MemoryFacts(8_000_000_000, 4_000_000_000), "1.13.1", "AVX2", "/lib/openblas-openmp/libblas.so", 2, 0.5);

    private static readonly GemmRate[] s_gemm = [new(ScalarType.Float32, 512, 180e9)];

    private readonly string _folder = Directory.CreateTempSubdirectory("pagoda-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Update_FromAReport_WritesItsRowsAndNothingElse()
    {
        var report = new BenchmarkReport(s_machine, s_gemm,
        [
            new BenchmarkResult
            {
                Name = "pixel-step", Type = ScalarType.Float32, Arch = "ViT-B-32", Size = 224, Views = 8, Operations = 132e9, Ceiling = new Ceiling("GEMM", 0.75),
                Measured = new Measurement
                {
                    Seconds = new Spread(1.5, 1.25, 2), FirstSeconds = 3, PeakResidentBytes = 1_000_000_000, PageFaults = 1, LiveTensorsBefore = 7, LiveTensorsAfter = 7, Repeats = 3,
                    Python = [new PythonResult("frozen", new Spread(3, 2.5, 4), new Spread(2, 1.5, 2.5), [1.5, 2, 2.5])],
                },
            },
            new BenchmarkResult
            {
                Name = "start", Type = ScalarType.Float32, Views = 1, Ceiling = new Ceiling("none: it is loading"), Note = "written later",
                Measured = new Measurement { Seconds = new Spread(0.5, 0.5, 0.5), FirstSeconds = 1, PeakResidentBytes = 2_000_000, PageFaults = 1, Repeats = 1 },
            },
        ]);
        var (page, json) = (Write("page.md", Before + "\nold\n" + After), Path.Combine(_folder, "bench.json"));
        using (var writer = new StreamWriter(json))
        {
            Terminal.WriteJson(writer, report);
        }

        var (code, output, error) = await BenchCommandTests.Run("bench", "--from", json, "--update", page, "--json");

        Assert.Equal((0, ""), (code, error));
        // What is read back is the report that was kept.
        Assert.Equal(await File.ReadAllTextAsync(json), output);
        var text = await File.ReadAllTextAsync(page);
        Assert.StartsWith(Before, text, StringComparison.Ordinal);
        Assert.EndsWith(After, text, StringComparison.Ordinal);
        Assert.DoesNotContain("old", text, StringComparison.Ordinal);
        Assert.Contains("A Processor (avx2), 2 cores, 8.00 GB of memory; A System", text, StringComparison.Ordinal);
        Assert.Contains("BLAS openblas-openmp/libblas.so, 2 threads; load 0.5", text, StringComparison.Ordinal);
        Assert.Contains("float32 512: 180 GFLOP/s", text, StringComparison.Ordinal);
        string[] rows = [.. text.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))];
        Assert.Equal(
            [
                "| `pixel-step` | ViT-B-32 224 px x 8 | 1.500 s (1.250 s..2.000 s), 3 times | 132 GFLOP | 75 % | 1.00 GB | 7 -> 7 | frozen 3.000 s, **2.00** (1.50..2.50, 3 pairs) |",
                "| `start` | x 1 | 500.0 ms (500.0 ms..500.0 ms), once | - | none (1) | 2.00 MB | - | - |",
            ],
            rows);
        Assert.Contains("\n1. none: it is loading\n", text, StringComparison.Ordinal);
        Assert.Contains("\n- `start` x 1: written later\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no marks")]
    [InlineData("<!-- bench begin -->")]
    [InlineData("<!-- bench end --> <!-- bench begin -->")]
    [InlineData("<!-- bench begin --> <!-- bench begin --> <!-- bench end -->")]
    public async Task Update_OfAPageWithoutMarks_SaysSoBeforeAnythingIsMeasured(string text)
    {
        var page = Write("page.md", text);

        var (code, output, error) = await BenchCommandTests.Run("bench", "call", "--update", page);

        Assert.Equal((2, ""), (code, output));
        Assert.Contains("the page needs one line <!-- bench begin --> and after it one line <!-- bench end -->", error, StringComparison.Ordinal);
        Assert.DoesNotContain("rate", error, StringComparison.Ordinal);
        Assert.Equal(text, await File.ReadAllTextAsync(page));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1, 2")]
    public async Task From_WhatIsNoReport_IsSaidInOneSentence(string text)
    {
        var (page, json) = (Write("page.md", Before + After), Write("bench.json", text));

        var (code, _, error) = await BenchCommandTests.Run("bench", "--from", json, "--update", page);

        Assert.Equal(2, code);
        Assert.Contains("bench.json is no report of this command's --json", error, StringComparison.Ordinal);
        Assert.Equal(Before + After, await File.ReadAllTextAsync(page));
    }

    [Fact]
    public async Task Scale_FromAReport_DrawsEachCurveAndListsEachPoint()
    {
        var report = new ScaleReport(s_machine, s_gemm,
        [
            new ScaleCurve("Painting: views", "views", "a view", [new(1, new Spread(0.2, 0.1, 0.3), 9e9), new(64, new Spread(0.1, 0.1, 0.1), 9e9)]),
            new ScaleCurve("Encoding: model", "GFLOP", "a picture", [new(8.7, new Spread(0.1, 0.1, 0.1), null, "ViT-B-32")]),
        ]);
        var (page, json, plot) = (Write("page.md", "<!-- scale begin -->\n<!-- scale end -->\n"), Path.Combine(_folder, "scale.json"), Path.Combine(_folder, "images", "scale.svg"));
        using (var writer = new StreamWriter(json))
        {
            Terminal.WriteJson(writer, report);
        }

        var (code, _, error) = await BenchCommandTests.Run("bench", "scale", "--from", json, "--out", plot, "--update", page);

        Assert.Equal((0, ""), (code, error));
        var text = await File.ReadAllTextAsync(page);
        Assert.Contains("](images/scale.svg)", text, StringComparison.Ordinal);
        Assert.Contains("| Painting: views, views | 1 | 200.0 ms a view (100.0 ms..300.0 ms) | 25 % |", text, StringComparison.Ordinal);
        Assert.Contains("| Encoding: model, GFLOP | ViT-B-32 | 100.0 ms a picture (100.0 ms..100.0 ms) | not counted |", text, StringComparison.Ordinal);
        XNamespace svg = "http://www.w3.org/2000/svg";
        var panels = XDocument.Load(plot).Root!.Elements(svg + "g").ToList();
        Assert.Equal([2, 1], panels.Select(panel => panel.Elements(svg + "circle").Count()));
        // The first curve has its floor, the second has none.
        Assert.Equal([1, 0], panels.Select(panel => panel.Elements(svg + "path").Count(path => path.Attribute("stroke-dasharray") is not null)));
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
