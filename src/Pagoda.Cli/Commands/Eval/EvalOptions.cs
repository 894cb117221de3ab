using System.CommandLine;
using Pagoda.Cli.Commands.Generate;
using Pagoda.Evaluation.Benchmarks;
using Pagoda.Evaluation.Reports;
using Pagoda.Generation;
using Pagoda.Generation.Recipes;

namespace Pagoda.Cli.Commands.Eval;

/// <summary>What the benchmarks have in common: how to paint, which part of the work, and where to.</summary>
/// <param name="folder">The default of <c>--out</c>.</param>
internal sealed class EvalOptions(string folder)
{
    private readonly GenerateOptions _generate = new();
    private readonly Option<ulong> _seed = new("--seed") { Description = "What the pictures' seeds are counted from; the same for all shards.", DefaultValueFactory = _ => 1 };
    private readonly Option<string> _shard = new("--shard") { Description = "Which part of the pictures to paint, as i/n: 1/4 to 4/4 are four processes' parts.", DefaultValueFactory = _ => "1/1" };
    private readonly Option<string?> _name = new("--name") { Description = "What tables call these pictures; by their model and recipe by default." };
    private readonly Option<string> _out = new("--out", "-o") { Description = "The folder; what is there of the same settings is kept, so that the same command goes on.", DefaultValueFactory = _ => folder };

    public IEnumerable<Option> All => [_out, _name, _shard, _seed, _generate.Device, .. Painting];

    /// <summary>How to paint, without where and what for.</summary>
    public IEnumerable<Option> Painting => [_generate.Size, _generate.Steps, _generate.Model, .. _generate.Loading.All, _generate.Recipe, _generate.Set, _generate.Negative, _generate.Strength, .. _generate.Drawing.All];

    public Option<string?> DeviceOption => _generate.Device;

    public string Folder(ParseResult parsed) => parsed.GetRequiredValue(_out);

    public string? Name(ParseResult parsed) => parsed.GetValue(_name);

    public ulong Seed(ParseResult parsed) => parsed.GetValue(_seed);

    public Pagoda.Torch.Device Device(ParseResult parsed) => _generate.DeviceOf(parsed);

    /// <exception cref="UsageException">It is none.</exception>
    public WorkShard Shard(ParseResult parsed)
    {
        try
        {
            return WorkShard.Parse(parsed.GetRequiredValue(_shard));
        }
        catch (FormatException problem)
        {
            throw new UsageException($"--shard {problem.Message}");
        }
    }

    /// <summary>Loads what paints, and checks that it can.</summary>
    /// <exception cref="UsageException">Something is out of range or does not go together.</exception>
    public BenchmarkPainter Painter(ParseResult parsed)
    {
        var (gpt, vqgan, diffusion) = _generate.Drawing.Sources(parsed);
        var painter = Pagoda.Generation.Painter.Load(parsed.GetRequiredValue(_generate.Model), Device(parsed), _generate.Loading.Of(parsed), gpt, vqgan, diffusion);
        var others = new Stack<IDisposable>([painter]);
        try
        {
            var options = _generate.Drawing.Fill(
                parsed,
                new PaintOptions
                {
                    NegativePrompt = parsed.GetValue(_generate.Negative),
                    Size = parsed.GetValue(_generate.Size),
                    Recipe = parsed.GetValue(_generate.Recipe) is { } name ? Recipe.Named(name) : null,
                    Steps = parsed.GetValue(_generate.Steps),
                    Strength = parsed.GetValue(_generate.Strength),
                    FrameEvery = int.MaxValue,
                },
                painter,
                others);
            if (parsed.GetValue(_generate.Set) is { Length: > 0 } settings)
            {
                options = options with { Recipe = RecipeJson.Change(options.Recipe ?? painter.RecipeOf(options), GenerateOptions.Changes(settings)) };
            }

            return new BenchmarkPainter(painter, WithSharedStarts(painter, options, Seed(parsed)), others);
        }
        catch (Exception problem)
        {
            while (others.TryPop(out var other))
            {
                other.Dispose();
            }

            if (problem is GenerationException)
            {
                throw new UsageException(problem.Message);
            }

            throw;
        }
    }

    /// <summary>Lets all pictures choose their start among the same candidates, which are compared with a prompt in no time when they are embedded already.</summary>
    private static PaintOptions WithSharedStarts(Painter painter, PaintOptions options, ulong seed)
    {
        var first = painter.Complete(new GenerationRequest("a picture", options));
        return first is { Method: PaintMethod.Pixels, Draft: false, Recipe: { StartSeed: null, Candidates: > 1, Start: not StartKind.Grey } recipe }
            ? options with { Method = PaintMethod.Pixels, Recipe = recipe with { StartSeed = seed } }
            : options;
    }

    /// <summary>Where a report's readers find the pictures: in the report's own folder, with the plan that says what they are.</summary>
    public static IReadOnlyDictionary<string, string> PicturesOf(IEnumerable<PictureSet> sets) => sets.Select(set => set.Subject).Distinct().ToDictionary(subject => subject, _ => ".");

    /// <summary>Writes a report beside the pictures and shows it.</summary>
    public static void Show(MeasurementReport report, string folder, TextWriter output)
    {
        report = report.MeasuredAt(DateTimeOffset.UtcNow);
        ReportFiles.Write(report, folder, overwrite: true);
        ReportTable.Write(report, output);
        output.WriteLine(Path.Combine(folder, ReportFiles.Json));
    }
}
