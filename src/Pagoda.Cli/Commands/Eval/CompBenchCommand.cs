using System.CommandLine;
using Pagoda.Cli.Commands.Compare;
using Pagoda.Evaluation.Benchmarks;
using Pagoda.Evaluation.Reports;
using Pagoda.Formats;
using Pagoda.Generation.Provenance;
using Pagoda.Models.Clip;

namespace Pagoda.Cli.Commands.Eval;

/// <summary><c>eval compbench</c>: T2I-CompBench's pictures, and what its judges and a CLIP say of them.</summary>
internal sealed class CompBenchCommand
{
    private const string NoClip = "none";
    private static readonly string[] s_folders = ["../shared/data/compbench/t2i_compbench"];
    private readonly EvalOptions _options = new("runs/compbench");
    private readonly Option<string?> _prompts = new("--prompts") { Description = $"The folder of T2I-CompBench's prompt lists, color_val.txt and so on; by default {s_folders[0]} if it is there." };
    private readonly Option<string[]> _categories = new("--categories") { Description = $"Which of {string.Join(",", CompBench.Categories.Select(one => one.Name))}; all by default.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int> _perPrompt = new("--per-prompt") { Description = "Pictures of each prompt; published numbers have 10, and the 3-in-1 judge expects that.", DefaultValueFactory = _ => 10 };
    private readonly Option<bool> _report = new("--report") { Description = "Paint nothing: read the judges' result files, take the CLIP score of non_spatial, and write report.json and report.csv." };
    private readonly Option<string> _clip = new("--clip") { Description = "With --report, the CLIP for the non-spatial category: published numbers have openai-vit-b-32; none leaves it out.", DefaultValueFactory = _ => "openai-vit-b-32" };
    private readonly Option<string[]> _weights = new("--judge-weights") { Description = $"With --report, JUDGE=FILE: the weights that a judge ran with, to be named by their hash ({string.Join(", ", CompBench.Judges.Select(judge => judge.Name))}).", AllowMultipleArgumentsPerToken = true };

    public Command Build()
    {
        var command = new ExampleCommand(
            "compbench",
            "Paint T2I-CompBench's prompts in the layout that its judges read, and report what they say.",
            ("eval compbench --model emoji --out runs/compbench", "Ten pictures of each prompt of every category; the same command goes on where it was stopped."),
            ("eval compbench --categories color,shape --per-prompt 2 --shard 1/4 --out runs/few", "A quarter of a smaller run."),
            ("eval compbench --report --clip openai-vit-b-32 --out runs/compbench", "The judges' numbers and the CLIP score in one table."))
        {
            _prompts, _categories, _perPrompt, _report, _clip, _weights,
        };
        _options.All.ToList().ForEach(command.Add);
        command.SetAction((parsed, cancel) => Task.Run(() => parsed.GetValue(_report) ? Report(parsed, cancel) : Paint(parsed, cancel), CancellationToken.None));
        return command;
    }

    private int Paint(ParseResult parsed, CancellationToken cancel)
    {
        var (shard, perPrompt, output) = (_options.Shard(parsed), parsed.GetValue(_perPrompt), parsed.InvocationConfiguration.Output);
        if (perPrompt is < 1 or > PictureSetPlan.MostPerPrompt)
        {
            throw new UsageException($"--per-prompt is {perPrompt}; give 1 to {PictureSetPlan.MostPerPrompt}");
        }

        var categories = Categories(parsed);
        var folder = Lists(parsed) ?? throw new UsageException("--prompts: name the folder of T2I-CompBench's prompt lists, examples/dataset in its repository");
        var lists = categories.Select(category => (Category: category, Prompts: CompBench.Prompts(folder, category))).ToList();
        using var painter = _options.Painter(parsed);
        var settings = painter.Settings();
        var sets = lists.Select(list => (list.Category, Set: PictureSet.Begin(FolderOf(parsed, list.Category), new PictureSetPlan
        {
            Benchmark = $"t2i-compbench/{list.Category.Name}", Name = _options.Name(parsed), PerPrompt = perPrompt, Seed = _options.Seed(parsed), NamedByPrompt = true, Painting = settings, Prompts = list.Prompts,
        }))).ToList();
        foreach (var (category, set) in sets)
        {
            painter.Paint(set, shard, category.Name, output, cancel);
        }

        foreach (var (category, set) in sets)
        {
            output.WriteLine($"{set.Samples}  {set.Finished().Count}/{set.Jobs.Count}");
        }

        return ExitCodes.Success;
    }

    private int Report(ParseResult parsed, CancellationToken cancel)
    {
        var (output, folder) = (parsed.InvocationConfiguration.Output, _options.Folder(parsed));
        var found = Categories(parsed).Select(category => (Category: category, Set: PictureSet.Find(FolderOf(parsed, category)))).Where(one => one.Set is not null).ToList();
        if (found.Count == 0)
        {
            throw new InvalidDataException($"{folder} has no pictures of T2I-CompBench; paint them with eval compbench --out {folder}.");
        }

        var (weights, lists) = (Weights(parsed), Lists(parsed));
        var scores = new List<Measurement>();
        foreach (var (category, set) in found)
        {
            var collected = new CompBenchScores(set!, FolderOf(parsed, category), category, lists is null ? null : CompBench.Parts(lists, category));
            scores.AddRange(collected.Imported(weights));
            if (category.Judge == CompBench.Clip)
            {
                scores.Add(ClipScore(parsed, category, set!, collected, cancel));
            }
        }

        var settings = found.Select(one => new { Category = one.Category.Name, one.Set!.Plan.PerPrompt, one.Set.Plan.Seed, Prompts = one.Set.Plan.Prompts.Count, one.Set.Plan.Painting });
        EvalOptions.Show(new MeasurementReport("t2i-compbench", MeasurementReport.SettingsOf(settings), scores, EvalOptions.PicturesOf(found.Select(one => one.Set!))), folder, output);
        return ExitCodes.Success;
    }

    private Measurement ClipScore(ParseResult parsed, CompBenchCategory category, PictureSet set, CompBenchScores collected, CancellationToken cancel)
    {
        var (name, finished) = (parsed.GetRequiredValue(_clip), set.Finished());
        if (name == NoClip || finished.Count == 0)
        {
            return set.Measured(category.Name, new Protocol { Measure = "clip-score", Samples = 0 }) with { Note = finished.Count == 0 ? "no picture is there yet" : "name a CLIP with --clip" };
        }

        using var clip = ClipLoader.Load(name, _options.Device(parsed));
        var progress = new ProgressLine(parsed.InvocationConfiguration.Error, $"{category.Name}: CLIP score", finished.Count);
        var answers = new ClipSimilarity(clip).Of(set, finished, done => progress.Show(done, done), cancel);
        // In the judges' own form, but not in their place: theirs may be there too.
        AtomicFile.Write(Path.Combine(FolderOf(parsed, category), "annotation_clip_pagoda", "vqa_result.json"), overwrite: true, stream => stream.Write(JudgeResults.Write(answers)));
        return collected.Score(new Protocol { Measure = "clip-score", Network = clip.Name, Weights = clip.Hash, Samples = answers.Count, Seed = CompBenchScores.Seed }, answers);
    }

    private IReadOnlyList<CompBenchCategory> Categories(ParseResult parsed)
    {
        string[] names = [.. (parsed.GetValue(_categories) ?? []).SelectMany(name => name.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct()];
        return names.Length == 0 ? CompBench.Categories : [.. names.Select(name => CompBench.Categories.FirstOrDefault(one => one.Name == name)
            ?? throw new UsageException($"--categories: there is no {name}; there are {string.Join(", ", CompBench.Categories.Select(one => one.Name))}"))];
    }

    private Dictionary<string, string> Weights(ParseResult parsed)
    {
        var weights = new Dictionary<string, string>();
        foreach (var text in parsed.GetValue(_weights) ?? [])
        {
            weights[text.Split('=', 2) is [var judge, var file] && CompBench.Judges.Any(one => one.Name == judge) && File.Exists(file) ? judge
                : throw new UsageException($"--judge-weights {text}: write JUDGE=FILE, with a file that is there and a judge of {string.Join(", ", CompBench.Judges.Select(one => one.Name))}")] = FileRecord.Of(text.Split('=', 2)[1]).Sha256;
        }

        return weights;
    }

    private string? Lists(ParseResult parsed) => parsed.GetValue(_prompts) ?? s_folders.FirstOrDefault(Directory.Exists);

    private string FolderOf(ParseResult parsed, CompBenchCategory category) => Path.Combine(_options.Folder(parsed), category.Name);
}
