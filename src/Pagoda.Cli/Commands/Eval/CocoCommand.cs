using System.CommandLine;
using Pagoda.Evaluation.Benchmarks;
using Pagoda.Evaluation.Pictures;
using Pagoda.Evaluation.Reports;
using Pagoda.Evaluation.Sets;

namespace Pagoda.Cli.Commands.Eval;

/// <summary><c>eval coco</c>: pictures of MS-COCO captions, their CLIPSIM and their distance from photographs.</summary>
internal sealed class CocoCommand
{
    private const string NoClip = "none";
    private const ulong ResamplingSeed = 7;
    private readonly EvalOptions _options = new("runs/coco");
    private readonly JudgeOptions _judges;
    private readonly Option<string> _captions = new("--captions") { Description = "Captions: MS-COCO's captions_*.json, a .tsv with image_id and caption, or a .txt with one a line.", Required = true };
    private readonly Option<int> _count = new("--count") { Description = "Captions to draw, one each of so many photographs.", DefaultValueFactory = _ => 30_000 };
    private readonly Option<string> _clip = new("--clip") { Description = "The CLIP for CLIPSIM and retrieval, several with commas: published numbers have openai-vit-b-32; none leaves it out.", DefaultValueFactory = _ => "openai-vit-b-32" };
    private readonly Option<string?> _reference = new("--reference") { Description = "Real photographs for fid and its kin: a folder, .zip or tar shards, or an .npz of their statistics." };
    private readonly Option<string[]> _measures = new("--measures") { Description = $"Which of {SetMeasure.Names}, with commas; published tables have fid and clipsim.", DefaultValueFactory = _ => [SetMeasure.Fid, SetMeasure.Similarity] };
    private readonly Option<string?> _captioner = new("--captioner") { Description = "The captioning model for caps." };

    public CocoCommand() => _judges = new JudgeOptions(_options.DeviceOption);

    public Command Build()
    {
        var command = new ExampleCommand(
            "coco",
            "Paint captions of MS-COCO drawn with a seed, in shards, and measure all pictures when the last one is there.",
            ("eval coco --captions captions_val2014.json --reference val2014 --seed 1 --out runs/coco", "30,000 captions, FID and CLIPSIM; the same command goes on where it was stopped."),
            ("eval coco --captions captions_val2014.json --shard 2/8 --out runs/coco", "The second of eight processes; who comes last measures."))
        {
            _captions, _count, _clip, _reference, _measures, _captioner,
        };
        _options.All.Concat(_judges.All.Where(option => option != _options.DeviceOption)).ToList().ForEach(command.Add);
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        var (shard, count, seed, output) = (_options.Shard(parsed), parsed.GetValue(_count), _options.Seed(parsed), parsed.InvocationConfiguration.Output);
        if (count < 1)
        {
            throw new UsageException($"--count is {count}; give 1 or more");
        }

        var reference = parsed.GetValue(_reference);
        if (reference is not null && !File.Exists(reference) && !Directory.Exists(reference) && !reference.Contains('{', StringComparison.Ordinal))
        {
            throw new UsageException($"--reference: there is no {reference}");
        }

        string[] clips = [.. parsed.GetRequiredValue(_clip).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(name => name != NoClip)];
        var measures = JudgeOptions.Measures("--measures", parsed.GetValue(_measures) ?? []);
        List<SetMeasure> taken = [.. measures.Where(measure => Lack(measure, reference, clips) is null)];
        var drawn = CaptionFile.Draw(CaptionFile.Read(parsed.GetRequiredValue(_captions)), count, seed);
        // Before hours of painting, not after.
        using var judges = _judges.Load(parsed, taken, [_options.Device(parsed)], clips, parsed.GetValue(_captioner), "lpips-vgg");
        using var painter = _options.Painter(parsed);
        var set = PictureSet.Begin(_options.Folder(parsed), new PictureSetPlan
        {
            Benchmark = "ms-coco", Name = _options.Name(parsed), PerPrompt = 1, Seed = seed, NamedByPrompt = false, Painting = painter.Settings(), Prompts = [.. drawn.Select(one => one.Caption)], Sources = [.. drawn.Select(one => one.Image)],
        });
        painter.Paint(set, shard, "captions", output, cancel);
        if (set.Finished().Count is var there && there < set.Jobs.Count)
        {
            output.WriteLine($"{set.Samples}  {there}/{set.Jobs.Count}; the numbers come when the other shards are done, with this command again");
            return ExitCodes.Success;
        }

        var error = parsed.InvocationConfiguration.Error;
        var options = new SetOptions { Measures = taken, Seed = ResamplingSeed, Batch = _judges.Batch(parsed, judges.Devices), Cache = _judges.Cache(parsed) };
        var found = taken.Count == 0 ? [] : new SetMeasuring(judges, options).Of(
            new SetPictures(set, _options.Folder(parsed)), reference is null ? null : new ReferenceSet(reference), error.WriteLine, JudgeOptions.Progress(error), cancel);
        var missing = measures.Except(taken).Select(measure => set.Measured("", new Protocol { Measure = measure.Name, Samples = 0 }) with { Note = Lack(measure, reference, clips) });
        EvalOptions.Show(new MeasurementReport("ms-coco", MeasurementReport.SettingsOf(new { Captions = parsed.GetRequiredValue(_captions), count, seed, set.Plan.Painting }), [.. missing, .. found], EvalOptions.PicturesOf([set])), _options.Folder(parsed), output);
        return ExitCodes.Success;
    }

    /// <summary>What keeps a measure from being taken, as the report says it.</summary>
    private static string? Lack(SetMeasure measure, string? reference, string[] clips) =>
        measure.NeedsReference && reference is null ? "no reference was given" : measure.NeedsClip && clips.Length == 0 ? "name a CLIP with --clip" : null;
}
