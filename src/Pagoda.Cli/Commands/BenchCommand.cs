using System.CommandLine;
using System.Globalization;
using Pagoda.Cli.Benchmarks;
using Pagoda.Formats;
using Pagoda.Torch;
using Spectre.Console;

namespace Pagoda.Cli.Commands;

/// <summary><c>bench</c>: measures what this machine makes of Pagoda, against its own ceiling and against PyTorch.</summary>
internal sealed class BenchCommand : IPagodaCommand
{
    private const string Scale = "scale";

    private static readonly Argument<string?> Name = new("name")
    {
        Description = $"Which one: {string.Join(", ", BenchmarkList.All.Select(benchmark => benchmark.Name))}; or {Scale}, cost against size; all of the former unless given.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string> Arch = new("--arch") { Description = "The architecture whose towers are measured.", DefaultValueFactory = _ => "ViT-B-32" };
    private static readonly Option<int> Views = new("--views") { Description = "Pictures or texts in a batch.", DefaultValueFactory = _ => 8 };
    private static readonly Option<int?> Size = new("--size") { Description = "Side of the pictures in pixels; the architecture's own unless given." };
    private static readonly Option<int> Layers = Whole("--layers", "gpt-sample: blocks.", new GptSampleShape().Layers);
    private static readonly Option<int> Width = Whole("--width", "gpt-sample: channels.", new GptSampleShape().Width);
    private static readonly Option<int> Heads = Whole("--heads", "gpt-sample: attention heads.", new GptSampleShape().Heads);
    private static readonly Option<int> Vocabulary = Whole("--vocab", "gpt-sample: size of the codebook.", new GptSampleShape().Vocabulary);
    private static readonly Option<int> Tokens = Whole("--tokens", "gpt-sample: tokens of a picture.", new GptSampleShape().Tokens);
    private static readonly Option<int> Batch = Whole("--batch", "gpt-sample: pictures drawn together.", new GptSampleShape().Batch);
    private static readonly Option<int> Pictures = Whole("--pictures", "fid: pictures that moments are taken of.", BenchmarkShape.FewPictures);
    private static readonly Option<string?> Type = new("--type") { Description = "float32, bfloat16 or both; both for a benchmark by name, float32 for all of them." };
    private static readonly Option<int?> Repeat = new("--repeat") { Description = "Timed repetitions of each; unless given 3 to 7, fewer of what takes very long." };
    private static readonly Option<string?> Against = new("--against") { Description = "python: plain PyTorch doing the same, in turn." };
    private static readonly Option<string?> Update = new("--update") { Description = "Write machine and table into this page too, between its marks." };
    private static readonly Option<string?> From = new("--from") { Description = "With --update: a report of --json to take, in place of measuring." };
    private static readonly Option<string?> Out = new("--out") { Description = "scale: the SVG of its curves." };
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON." };

    public Command Build()
    {
        var command = new ExampleCommand(
            "bench",
            "Measure painting, strokes, drawing tokens, encoding, decoding, training, the start of the program and the cost of a call; against the machine's ceiling and against PyTorch.",
            ("bench pixel-step --against python", "Compare a step of painting with the same step in PyTorch."),
            ("bench gpt-sample --layers 36 --width 1280 --heads 20", "Draw a picture's tokens from a transformer of CLIP-GEN's large size."),
            ("bench fid --pictures 10000 --repeat 1 --against python", "Take the moments of 10,000 pictures for FID, beside PyTorch."),
            ("bench --json", "Measure everything, for programs."),
            ("bench --against python --update docs/performance.md", "Measure everything, and write the page's table."),
            ("bench scale --out scale.svg", "Plot cost against views, resolution, batch, model and processes."))
        {
            Name, Arch, Views, Size, Layers, Width, Heads, Vocabulary, Tokens, Batch, Pictures, Type, Repeat, Against, Update, From, Out, Json,
        };
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancel)
    {
        var scales = parsed.GetValue(Name) == Scale;
        var page = parsed.GetValue(Update) is { } file ? new PerformancePage(file).With(scales ? ScalePlot.Mark : BenchmarkTable.Mark) : null;
        if (parsed.GetValue(Out) is { } plot && !scales)
        {
            throw new UsageException($"--out {plot} is for bench {Scale}.");
        }

        if (parsed.GetValue(From) is { } stored && page is null && !(scales && parsed.GetValue(Out) is not null))
        {
            throw new UsageException($"--from {stored} is for --update, which names the page to write{(scales ? ", or for --out" : "")}.");
        }

        return scales ? RunScale(parsed, page, cancel) : RunRows(parsed, page, cancel);
    }

    private static int RunScale(ParseResult parsed, PerformancePage? page, CancellationToken cancel)
    {
        var report = parsed.GetValue(From) is { } from
            ? StoredReport.Load<ScaleReport>(from, report => report is { Machine: not null, Gemm: not null, Curves.Count: > 0 })
            : ScaleRun.Run(parsed.InvocationConfiguration.Error, cancel);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(Out) is { } file)
        {
            AtomicFile.Write(file, overwrite: true, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(ScalePlot.Svg(report))));
        }

        page?.Write(ScalePlot.Mark, ScalePlot.Markdown(report, parsed.GetValue(Out) is { } picture ? page.LinkTo(picture) : null));
        if (parsed.GetValue(Json))
        {
            Terminal.WriteJson(output, report);
        }
        else
        {
            output.Write(ScalePlot.Markdown(report, null));
        }

        return ExitCodes.Success;
    }

    private static int RunRows(ParseResult parsed, PerformancePage? page, CancellationToken cancel)
    {
        var report = parsed.GetValue(From) is { } from
            ? StoredReport.Load<BenchmarkReport>(from, report => report is { Machine: not null, Gemm: not null, Results: not null })
            : BenchmarkRun.Run(Request(parsed), parsed.InvocationConfiguration.Error, cancel);
        page?.Write(BenchmarkTable.Mark, BenchmarkTable.Markdown(report));
        if (parsed.GetValue(Json))
        {
            Terminal.WriteJson(parsed.InvocationConfiguration.Output, report);
        }
        else
        {
            Show(Terminal.Rich(parsed.InvocationConfiguration.Output), report);
        }

        return ExitCodes.Success;
    }

    private static BenchmarkRequest Request(ParseResult parsed)
    {
        var arch = parsed.GetValue(Arch)!;
        var config = Pagoda.Models.Clip.ClipPresets.Find(arch)
            ?? throw new UsageException($"--arch: no architecture is called '{arch}'; there are {string.Join(", ", Pagoda.Models.Clip.ClipPresets.Names)}.");
        return new BenchmarkRequest
        {
            Benchmarks = parsed.GetValue(Name) is { } name ? [BenchmarkList.Get(name)] : BenchmarkList.All,
            AllRows = parsed.GetValue(Name) is null && !new Option[] { Arch, Views, Size }.Any(option => parsed.GetResult(option) is { Implicit: false }),
            Arch = arch,
            Views = AtLeastOne(parsed, Views),
            Size = parsed.GetValue(Size) ?? config.Vision.ImageSize,
            Gpt = new GptSampleShape
            {
                Layers = AtLeastOne(parsed, Layers),
                Width = AtLeastOne(parsed, Width),
                Heads = AtLeastOne(parsed, Heads),
                Vocabulary = AtLeastOne(parsed, Vocabulary),
                Tokens = AtLeastOne(parsed, Tokens),
                Batch = AtLeastOne(parsed, Batch),
            },
            Pictures = AtLeastOne(parsed, Pictures),
            Repetitions = parsed.GetValue(Repeat) is { } repeat ? Repetitions.Exactly(AtLeastOne(Repeat, repeat)) : Repetitions.Usual,
            Types = parsed.GetValue(Type) switch
            {
                null => IsOfOneType(parsed.GetValue(Name)) ? [ScalarType.Float32] : [ScalarType.Float32, ScalarType.BFloat16],
                "float32" => [ScalarType.Float32],
                "bfloat16" => [ScalarType.BFloat16],
                "both" => [ScalarType.Float32, ScalarType.BFloat16],
                var other => throw new UsageException($"--type {other} is not known: float32, bfloat16 or both."),
            },
            AgainstPython = parsed.GetValue(Against) switch
            {
                null => false,
                "python" => true,
                var other => throw new UsageException($"--against {other} is not known: python is the only one."),
            },
        };
    }

    /// <summary>Convolutions in emulated bfloat16 take minutes a picture: only who asks for them gets them.</summary>
    private static bool IsOfOneType(string? name) => name is null || !BenchmarkList.Get(name).HasTypes || (name == "vqgan-decode" && !LibTorch.HasBFloat16Instructions);

    private static Option<int> Whole(string name, string description, int otherwise) => new(name) { Description = description, DefaultValueFactory = _ => otherwise };

    private static int AtLeastOne(ParseResult parsed, Option<int> option) => AtLeastOne(option, parsed.GetValue(option));

    private static int AtLeastOne(Option option, int number) =>
        number >= 1 ? number : throw new UsageException($"{option.Name} must be 1 or more.");

    private static void Show(IAnsiConsole console, BenchmarkReport report)
    {
        foreach (var line in BenchmarkTable.Machine(report.Machine, report.Gemm))
        {
            console.WriteLine(line);
        }

        console.WriteLine();
        var table = Terminal.Columns("benchmark", "of", "type", "median", "min..max", "first", "GFLOP or bytes", "of the ceiling", "peak memory", "faults", "tensors");
        foreach (var result in report.Results)
        {
            var measured = result.Measured;
            table.AddRow(
                result.Name,
                new Setting(result.Arch, result.Size, result.Views).ToString(),
                BenchmarkTable.Named(result.Type),
                BenchmarkTable.Seconds(measured.Seconds.Median),
                BenchmarkTable.Range(measured.Seconds),
                BenchmarkTable.Seconds(measured.FirstSeconds),
                BenchmarkTable.Work(result),
                result.Ceiling?.Fraction is { } fraction ? BenchmarkTable.Number(fraction, "0 %") : "-",
                Terminal.Bytes(measured.PeakResidentBytes),
                BenchmarkTable.Number(measured.PageFaults, "0"),
                BenchmarkTable.Tensors(measured));
        }

        console.Write(table);
        foreach (var result in report.Results)
        {
            foreach (var python in result.Measured.Python ?? [])
            {
                console.WriteLine(
                    $"{result.Name}: PyTorch ({python.Form}) takes {BenchmarkTable.Seconds(python.Seconds.Median)}, {BenchmarkTable.Number(python.Ratio.Median, "0.00")} times as long as Pagoda ({BenchmarkTable.Number(python.Ratio.Min, "0.00")}..{BenchmarkTable.Number(python.Ratio.Max, "0.00")} over {python.Ratios.Count} pairs)");
            }

            if (result.Note is { } note)
            {
                console.WriteLine($"{result.Name}, {BenchmarkTable.Named(result.Type)}: {note}");
            }

            if (result.Ceiling is { } ceiling && ceiling.Of != "GEMM")
            {
                console.WriteLine($"{result.Name}, {BenchmarkTable.Named(result.Type)}: ceiling: {ceiling.Of}");
            }
        }
    }
}
