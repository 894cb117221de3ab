using System.CommandLine;

namespace Pagoda.Cli.Commands.Eval;

/// <summary><c>eval</c>: measures of sets of pictures, and the benchmarks that text-to-image models are measured by.</summary>
internal sealed class EvalCommand : IPagodaCommand
{
    public Command Build() => new ExampleCommand(
        "eval",
        "Measure sets of pictures by FID, KID and others, and a model by T2I-CompBench, MS-COCO captions, and scenes of emoji whose truth is known.",
        ("eval fid samples photographs", "The Fréchet Inception distance of two folders."),
        ("eval measure samples --reference photographs --measures fid,kid,precision,recall --out runs/measured", "Several measures in one pass, with a report."),
        ("eval compbench --model emoji --out runs/compbench", "Paint ten pictures of each of T2I-CompBench's prompts, in the layout of its judges."),
        ("eval compbench --report --out runs/compbench", "Put what judges found into one table."),
        ("eval coco --captions captions_val2014.json --count 30000 --shard 1/8 --out runs/coco", "Paint MS-COCO captions, one of eight processes."),
        ("eval scenes --model emoji --out runs/scenes", "Do colours, numbers and places come out right?"),
        ("eval report runs/scenes runs/coco --out page", "One page of everything that was measured."))
    {
        new MeasureCommand().Build(),
        new FidCommand().Build(),
        new StatsCommand().Build(),
        new CompBenchCommand().Build(),
        new CocoCommand().Build(),
        new ScenesCommand().Build(),
        new RobustCommand().Build(),
        new AlignmentCommand().Build(),
        new ReportCommand().Build(),
    };
}
