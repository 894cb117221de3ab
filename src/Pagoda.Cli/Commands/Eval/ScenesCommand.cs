using System.CommandLine;
using System.Text;
using Pagoda.Cli.Commands.Compare;
using Pagoda.Data.Scenes;
using Pagoda.Evaluation.Benchmarks;
using Pagoda.Evaluation.Benchmarks.Scenes;
using Pagoda.Evaluation.Reports;
using Pagoda.Formats;
using Pagoda.Formats.Images;
using Pagoda.Generation.Provenance;
using Pagoda.Models.Catalogue;

namespace Pagoda.Cli.Commands.Eval;

/// <summary><c>eval scenes</c>: colours, numbers and places of emoji, asked for in combinations that were trained on and in others.</summary>
internal sealed class ScenesCommand
{
    private const ulong QuestionSeed = 30_303;
    private const string JudgeFile = "judge.safetensors";
    private const string Embedded = "emoji";
    private readonly EvalOptions _options = new("runs/scenes");
    private readonly Option<string> _emoji = new("--emoji") { Description = "The emoji shards, or the file of data cache.", DefaultValueFactory = _ => "../shared/data/emoji" };
    private readonly Option<int> _count = new("--count") { Description = "Prompts of each task, for seen and for unseen combinations each.", DefaultValueFactory = _ => 100 };
    private readonly Option<int> _perPrompt = new("--per-prompt") { Description = "Pictures of each prompt.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _things = new("--things") { Description = "Kinds of things that prompts have, and the judge knows.", DefaultValueFactory = _ => 40 };
    private readonly Option<string?> _real = new("--real") { Description = "Paint nothing: write composed scenes, --count of each kind of prompt with captions beside them, into this folder, for distances to be taken from; --seed says which." };
    private readonly Option<int> _judgeSteps = new("--judge-steps") { Description = "Steps that the judge is trained for.", DefaultValueFactory = _ => new SceneReaderOptions().Steps };
    private readonly Option<string?> _judge = new("--judge") { Description = "A trained judge: its file, or a folder or model that has one. By default the embedded one where it knows the same things; else, or with --judge-steps, one is trained in the folder." };

    public Command Build()
    {
        var command = new ExampleCommand(
            "scenes",
            "Ask for colours, numbers and places of emoji, and let a small network judge that was trained on composed scenes.",
            ("eval scenes --model emoji --out runs/scenes", "600 prompts, half of them of combinations that are never trained on."),
            ("eval scenes --count 20 --things 20 --method clip-gen --out runs/few", "A smaller one."),
            ("eval scenes --real runs/real --count 500", "3,000 real scenes of such prompts; ./run eval fid runs/scenes runs/real --features classifier:FILE holds paintings against them."),
            ("eval scenes --judge runs/scenes/judge.safetensors --out runs/others", "The judge of another run, so that both are judged alike."))
        {
            _emoji, _count, _perPrompt, _things, _judge, _judgeSteps, _real,
        };
        _options.All.ToList().ForEach(command.Add);
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        var (count, perPrompt, things, steps) = (parsed.GetValue(_count), parsed.GetValue(_perPrompt), parsed.GetValue(_things), parsed.GetValue(_judgeSteps));
        if (count < 1 || perPrompt is < 1 or > PictureSetPlan.MostPerPrompt || things < 2 || steps < 1)
        {
            throw new UsageException($"--count and --judge-steps are 1 or more, --things 2 or more, --per-prompt 1 to {PictureSetPlan.MostPerPrompt}");
        }

        var (shard, folder, output) = (_options.Shard(parsed), _options.Folder(parsed), parsed.InvocationConfiguration.Output);
        var questions = new SceneQuestions(EmojiLibrary.Open(parsed.GetRequiredValue(_emoji)), things);
        if (parsed.GetValue(_real) is { } real)
        {
            return WriteReal(questions, count, unchecked(QuestionSeed + _options.Seed(parsed)), real, output, cancel);
        }

        var judge = Trained(parsed, questions);
        var asked = Enum.GetValues<SceneTask>().Select(task => (IReadOnlyList<SceneQuestion>)[.. questions.Ask(task, false, count, QuestionSeed), .. questions.Ask(task, true, count, QuestionSeed)]).ToList();
        List<PictureSet> sets;
        using (var painter = _options.Painter(parsed))
        {
            var settings = painter.Settings();
            sets = [.. asked.Select(task => PictureSet.Begin(Path.Combine(folder, NameOf(task)), new PictureSetPlan
            {
                Benchmark = $"scenes/{NameOf(task)}", Name = _options.Name(parsed), PerPrompt = perPrompt, Seed = _options.Seed(parsed), NamedByPrompt = true, Painting = settings, Prompts = [.. task.Select(question => question.Prompt)],
            }))];
            foreach (var (set, task) in sets.Zip(asked))
            {
                painter.Paint(set, shard, NameOf(task), output, cancel);
            }
        }

        if (sets.Sum(set => set.Finished().Count) is var there && there < sets.Sum(set => set.Jobs.Count))
        {
            output.WriteLine($"{folder}  {there}/{sets.Sum(set => set.Jobs.Count)}; the numbers come when the other shards are done, with this command again");
            return ExitCodes.Success;
        }

        var made = new SceneReaderOptions { Steps = steps, WarmUp = Math.Min(50, steps / 2) };
        var file = judge ?? Path.Combine(folder, JudgeFile);
        var progress = new ProgressLine(output, "judge: step", steps);
        using var reader = judge is null ? SceneReaderTraining.Run(questions, file, made, (step, _) => progress.Show(step, step), cancel) : SceneReader.Load(judge)!;
        var weights = FileRecord.Of(file).Sha256;
        object described = judge is null ? new { count, perPrompt, questions.Things, Judge = made, sets[0].Plan.Seed, sets[0].Plan.Painting } : new { count, perPrompt, questions.Things, sets[0].Plan.Seed, sets[0].Plan.Painting };
        EvalOptions.Show(
            new MeasurementReport("scenes", MeasurementReport.SettingsOf(described), [.. asked.Zip(sets).SelectMany(one => SceneJudgement.Of(reader, one.First, one.Second, weights, cancel))], EvalOptions.PicturesOf(sets)),
            folder,
            output);
        return ExitCodes.Success;
    }

    private static int WriteReal(SceneQuestions questions, int count, ulong seed, string folder, TextWriter output, CancellationToken cancel)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new IOException($"{folder} is not empty; name another folder for the scenes.");
        }

        var number = 0;
        foreach (var (task, unseen) in Enum.GetValues<SceneTask>().SelectMany(task => new[] { (task, false), (task, true) }))
        {
            foreach (var question in questions.Ask(task, unseen, count, seed, distinct: false))
            {
                cancel.ThrowIfCancellationRequested();
                var name = Path.Combine(folder, $"{number++:000000}");
                PictureFile.Save($"{name}.png", PictureFile.EncodePng(Picture.FromPlanes(question.Picture, SceneReader.ImageSize, SceneReader.ImageSize)));
                AtomicFile.Write($"{name}.txt", overwrite: false, stream => stream.Write(Encoding.UTF8.GetBytes(question.Prompt)));
            }
        }

        output.WriteLine($"{folder}  {number} scenes");
        return ExitCodes.Success;
    }

    /// <summary>The file of the judge that is there; null where one is to be trained.</summary>
    /// <exception cref="UsageException">It does not know what is asked.</exception>
    private string? Trained(ParseResult parsed, SceneQuestions questions)
    {
        if (parsed.GetValue(_judge) is not { } name)
        {
            var embedded = ModelFolder.Find() is { } models ? Path.Combine(models, Embedded, SceneReader.FileName) : "";
            if (!File.Exists(embedded) || parsed.GetResult(_judgeSteps) is { Implicit: false })
            {
                return null;
            }

            // Things of the same names in another library look otherwise; the same long list is of the same library.
            using var reader = SceneReader.Load(embedded)!;
            return reader.Things.SequenceEqual(questions.Things) ? embedded : null;
        }

        if (parsed.GetResult(_judgeSteps) is { Implicit: false })
        {
            throw new UsageException("--judge names a judge that is trained; leave --judge-steps out");
        }

        var location = ModelLocation.Find(name, "scene-reader").Path;
        var file = Directory.Exists(location) ? Path.Combine(location, SceneReader.FileName) : location;
        if (!File.Exists(file))
        {
            throw new UsageException($"--judge {name}: there is no {SceneReader.FileName} in {location}");
        }

        using var judge = SceneReader.Load(file)!;
        return questions.Things.Except(judge.Things).ToList() is { Count: > 0 } strange
            ? throw new UsageException($"--judge {name} does not know {strange.Count} of the {questions.Things.Count} things, such as {strange[0]}; give --things as when it was trained, or train one by leaving --judge out")
            : file;
    }

    private static string NameOf(IReadOnlyList<SceneQuestion> task) => task[0].Task.ToString().ToLowerInvariant();
}
