using System.CommandLine;
using System.Globalization;
using Pagoda.Cli.Benchmarks;
using Pagoda.Torch;
using Spectre.Console;

namespace Pagoda.Cli.Commands;

/// <summary><c>bench</c>: measures what this machine makes of Pagoda, against its own ceiling and against PyTorch.</summary>
internal sealed class BenchCommand : IPagodaCommand
{
    private static readonly Argument<string?> Name = new("name")
    {
        Description = $"Which one: {string.Join(", ", BenchmarkList.All.Select(benchmark => benchmark.Name))}; all unless given.",
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
    private static readonly Option<int?> Repeat = new("--repeat") { Description = "Timed repetitions of each; 7 unless given, 1 for gpt-sample by name." };
    private static readonly Option<string?> Against = new("--against") { Description = "python: plain PyTorch doing the same, in turn." };
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON." };

    public Command Build()
    {
        var command = new ExampleCommand(
            "bench",
            "Measure painting, strokes, drawing tokens, encoding, decoding, training and the cost of a call; against the machine's ceiling and against PyTorch.",
            ("bench pixel-step --against python", "Compare a step of painting with the same step in PyTorch."),
            ("bench gpt-sample --layers 36 --width 1280 --heads 20", "Draw a picture's tokens from a transformer of CLIP-GEN's large size."),
            ("bench fid --pictures 10000 --repeat 1 --against python", "Take the moments of 10,000 pictures for FID, beside PyTorch."),
            ("bench --json", "Measure everything, for programs."))
        {
            Name, Arch, Views, Size, Layers, Width, Heads, Vocabulary, Tokens, Batch, Pictures, Type, Repeat, Against, Json,
        };
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancel)
    {
        var report = BenchmarkRun.Run(Request(parsed), cancel);
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
            Repeat = AtLeastOne(Repeat, parsed.GetValue(Repeat) ?? (parsed.GetValue(Name) == "gpt-sample" ? 1 : 7)),
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
        var machine = report.Machine;
        console.WriteLine($"{machine.Processor.Name}, {machine.Threads} threads, load {Number(machine.LoadAtStart, "0.0")}; libtorch {machine.Libtorch}; {report.Arch} at {report.Size} pixels");
        console.WriteLine($"GEMM {string.Join(", ", report.Gemm.Select(rate => $"{Named(rate.Type)} {rate.Size}: {Number(rate.PerSecond / 1e9, "0")} GFLOP/s"))}");
        console.WriteLine();
        var table = Terminal.Columns("benchmark", "type", "batch", "median", "min..max", "first", "GFLOP", "GFLOP/s", "of GEMM", "peak memory", "faults", "tensors");
        foreach (var result in report.Results)
        {
            var measured = result.Measured;
            table.AddRow(
                result.Name,
                Named(result.Type),
                Number(result.Views, "0"),
                Seconds(measured.Seconds.Median),
                $"{Seconds(measured.Seconds.Min)}..{Seconds(measured.Seconds.Max)}",
                Seconds(measured.FirstSeconds),
                Number(result.Operations / 1e9, "0.0"),
                Number(result.OperationsPerSecond / 1e9, "0.0"),
                Number(result.FractionOfGemm, "0 %"),
                Terminal.Bytes(measured.PeakResidentBytes),
                Number(measured.PageFaults, "0"),
                $"{measured.LiveTensorsBefore} -> {measured.LiveTensorsAfter}");
        }

        console.Write(table);
        foreach (var result in report.Results)
        {
            foreach (var python in result.Measured.Python ?? [])
            {
                console.WriteLine(
                    $"{result.Name}: PyTorch ({python.Form}) takes {Seconds(python.Seconds.Median)}, {Number(python.Ratio.Median, "0.00")} times as long as Pagoda ({Number(python.Ratio.Min, "0.00")}..{Number(python.Ratio.Max, "0.00")} over {python.Ratios.Count} pairs)");
            }

            if (result.Note is { } note)
            {
                console.WriteLine($"{result.Name}, {Named(result.Type)}: {note}");
            }
        }
    }

    private static string Named(ScalarType type) => type.ToString().ToLowerInvariant();

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";

    private static string Seconds(double seconds) => seconds switch
    {
        < 1e-3 => $"{Number(seconds * 1e6, "0.00")} µs",
        < 1 => $"{Number(seconds * 1e3, "0.0")} ms",
        _ => $"{Number(seconds, "0.000")} s",
    };
}
