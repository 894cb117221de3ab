using System.CommandLine;
using System.Globalization;
using Pagoda.Evaluation.Benchmarks;
using Pagoda.Evaluation.Pictures;
using Pagoda.Evaluation.Reports;
using Pagoda.Evaluation.Sets;
using Pagoda.Torch.Distributed;

namespace Pagoda.Cli.Commands.Eval;

/// <summary><c>eval measure</c>: everything about a set of pictures in one pass.</summary>
internal sealed class MeasureCommand
{
    private readonly EvalOptions _painting = new("");
    private readonly JudgeOptions _judges;
    private readonly Argument<string?> _pictures = new("pictures") { Description = "A folder, a .zip, tar shards such as samples/{000..009}.tar, or a benchmark's folder.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _reference = new("--reference") { Description = "Real pictures (a folder, .zip or tar shards), or an .npz of their statistics." };
    private readonly Option<string[]> _measures = new("--measures") { Description = $"Which of {SetMeasure.Names}, with commas; by default fid,kid with a reference, and clipsim with --clip." };
    private readonly Option<string[]> _clips = new("--clip") { Description = "The CLIP for clipsim and retrieval; several with commas, such as a plain and a robust one." };
    private readonly Option<string?> _captions = new("--captions") { Description = "Captions in the pictures' order, one a line (.txt); with --generate what is painted." };
    private readonly Option<string?> _captioner = new("--captioner") { Description = "The captioning model for caps." };
    private readonly Option<string> _lpips = new("--lpips") { Description = "The weights of LPIPS.", DefaultValueFactory = _ => "lpips-vgg" };
    private readonly Option<int> _splits = new("--splits") { Description = "Parts of the Inception Score; published numbers have 10.", DefaultValueFactory = _ => 10 };
    private readonly Option<ulong> _seed = new("--seed") { Description = "Draws subsets, other captions and resamples; with --generate the pictures' seeds are counted from it.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _resamples = new("--resamples") { Description = "Resamples of the bootstrap; 0 leaves the intervals of fid out, so that no picture's features are kept for it.", DefaultValueFactory = _ => 200 };
    private readonly Option<bool> _generate = new("--generate") { Description = "Paint --captions with --model and measure without storing a picture." };
    private readonly Option<int> _perCaption = new("--per-caption") { Description = "With --generate, pictures of each caption.", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> _name = new("--name") { Description = "What the pictures are called in the report." };
    private readonly Option<string?> _out = new("--out", "-o") { Description = "The folder for report.json and report.csv; nothing is written without it." };
    private readonly Option<bool> _force = new("--force") { Description = "Replace a report that is there." };

    public MeasureCommand()
    {
        _judges = new JudgeOptions(_painting.DeviceOption);
        _painting.DeviceOption.Description = JudgeOptions.Devices;
    }

    public Command Build()
    {
        var command = new ExampleCommand(
            "measure",
            "Measure a set of pictures in one pass: FID, FID-k, KID, Inception Score, precision, recall, LPIPS, CLIPSIM, retrieval, CapS.",
            ("eval measure samples --reference photographs --measures fid,fid-4,kid,is --out runs/measured", "Distances from real photographs and the Inception Score."),
            ("eval measure samples.zip --reference coco.npz --measures fid --name mine", "Against statistics that eval stats or pytorch-fid wrote."),
            ("eval measure runs/coco --measures clipsim,retrieval --clip openai-vit-b-32,openai-rn50", "Two CLIPs judge a benchmark's pictures by their prompts."),
            ("eval measure runs/emoji --reference scenes --features classifier:classifier.safetensors", "64-pixel emoji, where Inception means nothing."),
            ("eval measure --generate --model emoji --captions prompts.txt --measures clipsim --clip openai-vit-b-32", "What a model paints, nothing stored."))
        {
            _pictures, _reference, _measures, _clips, _captions, _captioner, _lpips, _splits, _seed, _resamples, _generate, _perCaption, _name, _out, _force, _judges.Json,
        };
        _judges.All.Concat(_painting.Painting).ToList().ForEach(command.Add);
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        var (pictures, generate, reference) = (parsed.GetValue(_pictures), parsed.GetValue(_generate), parsed.GetValue(_reference));
        if (generate == pictures is not null)
        {
            throw new UsageException(generate ? "--generate paints what is measured; leave the pictures' name out" : "name the pictures to measure, or paint them with --generate");
        }

        string[] clips = [.. (parsed.GetValue(_clips) ?? []).SelectMany(name => name.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct()];
        var measures = JudgeOptions.Measures("--measures", parsed.GetValue(_measures) is { Length: > 0 } named ? named
            : [.. reference is null ? Array.Empty<string>() : [SetMeasure.Fid, SetMeasure.Kid], .. clips.Length == 0 ? Array.Empty<string>() : [SetMeasure.Similarity]]);
        Check(parsed, measures, reference);
        var report = parsed.GetValue(_out) is { } folder ? Path.Combine(folder, ReportFiles.Json) : null;
        if (report is not null && File.Exists(report) && !parsed.GetValue(_force))
        {
            throw new UsageException($"{report} exists; name another --out, or replace it with --force");
        }

        var launch = Launch.FromEnvironment();
        var devices = _judges.DevicesOf(parsed, launch);
        if (launch.Size > 1 && (generate || measures.Any(measure => measure.Name is SetMeasure.Diversity)))
        {
            throw new UsageException(generate ? "--generate is for one process; let several paint with eval coco --shard, and measure its folder" : "lpips compares pictures of one caption with each other and is measured by one process");
        }

        var error = launch.IsMain ? parsed.InvocationConfiguration.Error : TextWriter.Null;
        var captions = parsed.GetValue(_captions) is { } file ? CaptionFile.Read(file).Select(one => one.Caption).ToList() : null;
        using var judges = _judges.Load(parsed, measures, devices, clips, parsed.GetValue(_captioner), parsed.GetRequiredValue(_lpips));
        using var painter = generate ? _painting.Painter(parsed) : null;
        using var group = JudgeOptions.Group(launch, devices[0], parsed.InvocationConfiguration.Error);
        var source = painter is null ? PictureSource.Open(pictures!) : new PaintedPictures(
            new PictureSetPlan { Benchmark = "captions", PerPrompt = parsed.GetValue(_perCaption), Seed = parsed.GetValue(_seed), NamedByPrompt = false, Painting = painter.Settings(), Prompts = captions ?? throw new UsageException("--generate paints captions; name their file with --captions") },
            job => painter.Paint(job, cancel));
        var options = new SetOptions
        {
            Measures = measures,
            Splits = parsed.GetValue(_splits),
            Seed = parsed.GetValue(_seed),
            Batch = _judges.Batch(parsed, devices),
            Resamples = parsed.GetValue(_resamples),
            Captions = generate ? null : captions,
            Subject = parsed.GetValue(_name),
            Cache = _judges.Cache(parsed),
            Group = group,
        };
        var rows = new SetMeasuring(judges, options).Of(source, reference is null ? null : new ReferenceSet(reference), error.WriteLine, JudgeOptions.Progress(error), cancel);
        if (launch.IsMain)
        {
            // A page shows what lies in a folder.
            var shown = pictures is not null && Directory.Exists(pictures) && parsed.GetValue(_out) is { } to && rows.Count > 0
                ? new Dictionary<string, string> { [rows[0].Subject] = Path.GetRelativePath(to, pictures) } : null;
            Show(parsed, new MeasurementReport("pictures", MeasurementReport.SettingsOf(new { Pictures = source.Description, Reference = reference, Painting = source.Painting?.DeepClone() }), rows, shown).MeasuredAt(DateTimeOffset.UtcNow));
        }

        return ExitCodes.Success;
    }

    private void Check(ParseResult parsed, IReadOnlyList<SetMeasure> measures, string? reference)
    {
        if (measures.Count == 0)
        {
            throw new UsageException("there is nothing to measure: give --reference for fid and kid, --clip for clipsim, or --measures");
        }

        if (reference is null && measures.FirstOrDefault(measure => measure.NeedsReference) is { } lonely)
        {
            throw new UsageException($"{lonely.Name} compares with real pictures; name them, or an .npz of their statistics, with --reference");
        }

        foreach (var (name, value, least) in new[] { ("--splits", parsed.GetValue(_splits), 1), ("--resamples", parsed.GetValue(_resamples), 0), ("--per-caption", parsed.GetValue(_perCaption), 1) })
        {
            if (value < least)
            {
                throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; give {least} or more"));
            }
        }
    }

    private void Show(ParseResult parsed, MeasurementReport report)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_out) is { } folder)
        {
            ReportFiles.Write(report, folder, parsed.GetValue(_force));
        }

        if (_judges.IsJson(parsed))
        {
            output.WriteLine(report.ToJson());
            return;
        }

        ReportTable.Write(report, output);
        if (parsed.GetValue(_out) is { } written)
        {
            output.WriteLine(Path.Combine(written, ReportFiles.Json));
        }
    }
}
