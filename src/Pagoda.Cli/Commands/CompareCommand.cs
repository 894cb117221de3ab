using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Pagoda.Cli.Commands.Compare;
using Pagoda.Cli.Commands.Generate;
using Pagoda.Data.Scenes;
using Pagoda.Evaluation.Classifier;
using Pagoda.Evaluation.Comparison;
using Pagoda.Formats;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Provenance;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Start;
using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training;

namespace Pagoda.Cli.Commands;

/// <summary><c>compare</c>: plain CLIP, CLIPAG and CLIP-JEM paint the same captions, and networks that had no part in it judge.</summary>
internal sealed class CompareCommand : IPagodaCommand
{
    private const ulong PaintingSeed = 1_000_000;
    private const ulong PromptSeed = 20_240;
    private const ulong ReferenceSeed = 20_241;
    private const ulong JudgingSeed = 7;

    private static readonly Option<string[]> Models = new("--models")
    {
        Description = "NAME=FOLDER of each model to compare; by default plain, clipag and clip-jem of configs/emoji, which are trained when they are not there.",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string?> Judge = new("--judge") { Description = "The CLIP that judges; by default runs/judge, trained as configs/emoji/judge.yaml says." };
    private static readonly Option<string?> Classifier = new("--classifier") { Description = "The classifier's file; by default that in runs/classifier, trained when it is not there." };
    private static readonly Option<string?> EmojiFolder = new("--emoji") { Description = "The emoji shards, or the file of data cache; by default what the configurations name." };
    private static readonly Option<int> Paintings = new("--paintings") { Description = "Captions to paint, half of them with unseen combinations.", DefaultValueFactory = _ => 1000 };
    private static readonly Option<int> Reference = new("--reference") { Description = "Real scenes for the Fréchet distance.", DefaultValueFactory = _ => 4000 };
    private static readonly Option<int?> Steps = new("--steps") { Description = "Gradient steps a painting, in place of 30 from the bank and 40 from noise." };
    private static readonly Option<StartKind[]> Starts = new("--starts")
    {
        Description = "What to start from: bank (the closest of 1,000 blurry pictures) and noise.",
        DefaultValueFactory = _ => [StartKind.Bank, StartKind.Noise],
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string> Bank = new("--bank") { Description = "The blurry pictures.", DefaultValueFactory = _ => "models/emoji/bank.safetensors" };
    private static readonly Option<string> Prompts = new("--prompts") { Description = "The prompts of the side-by-side sheets, one a line.", DefaultValueFactory = _ => "configs/emoji/prompts.txt" };
    private static readonly Option<string?> ClipGen = new("--clip-gen") { Description = "A model whose CLIP-GEN is compared too: with and without its parts, and refined." };
    private static readonly Option<string[]> Brushes = new("--brushes") { Description = $"Compare brushes under critics instead: {NamedMethod.Names}.", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<string[]> Critics = new("--critics")
    {
        Description = "With --brushes, who guides: names of the default models (plain, clipag, clip-jem), or NAME=FOLDER.", AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string> Model = new("--model") { Description = "With --brushes, the model whose networks and recipes they use.", DefaultValueFactory = _ => "emoji" };
    private static readonly Option<string[]> Set = new("--set")
    {
        Description = "With --brushes, change a number of a brush's recipe, as in --set vqgan.learningRate=0.1 draw.steps=300.", AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<ulong> Seed = new("--seed") { Description = "With --brushes, the seed of every picture.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> Batch = new("--batch") { Description = "Paintings at once.", DefaultValueFactory = _ => 50 };
    private static readonly Option<string> Out = new("--out") { Description = "The folder for paintings, sheets and tables.", DefaultValueFactory = _ => "runs/comparison" };

    public Command Build()
    {
        var command = new ExampleCommand(
            "compare",
            "Compare plain CLIP, CLIPAG, CLIP-JEM and CLIP-GEN: the same captions, scored by networks that had no part in it.",
            ("compare", "Train what is missing, paint 1,000 captions with each model from two starts, score, and write runs/comparison."),
            ("compare --models old=runs/emoji-3 new=runs/mine --paintings 200 --out runs/mine/comparison", "Compare two models of your own on fewer paintings."),
            ("compare --brushes pixels,draw,vqgan --critics plain,clipag,clip-jem --out runs/guidance", "Compare brushes under critics, on a page."),
            ("compare --models clip-jem=models/emoji --starts bank --clip-gen models/emoji --paintings 300 --out runs/drawn", "Compare painting, drawing, and drawing refined."))
        {
            Brushes, Critics, Model, Seed, Set, Models, ClipGen, Judge, Classifier, EmojiFolder, Paintings, Reference, Steps, Starts, Bank, Prompts, Batch, Out,
        };
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancel)
    {
        var output = parsed.InvocationConfiguration.Output;
        var count = parsed.GetValue(Paintings);
        if (count is < 20 or > 100_000 || parsed.GetValue(Reference) < 20 || parsed.GetValue(Batch) < 1)
        {
            throw new UsageException("--paintings is 20 to 100000, --reference 20 or more, --batch 1 or more");
        }

        var emoji = parsed.GetValue(EmojiFolder);
        if (parsed.GetValue(Brushes) is { Length: > 0 } brushes)
        {
            return CompareBrushes(parsed, Words(brushes), emoji, output, cancel);
        }

        ComparedModel[] models = parsed.GetValue(Models) is { Length: > 0 } given ? [.. given.Select(ComparedModel.Parse)] : [.. ComparedModel.Default];
        var judge = parsed.GetValue(Judge) is { } folder ? new ComparedModel("judge", folder, null) : ComparedModel.Judge;
        foreach (var model in models.Append(judge))
        {
            model.Train(emoji, output, cancel);
        }

        var library = EmojiLibrary.Open(emoji ?? TrainingConfigFile.Read(ComparedModel.Judge.Config!).Data.Emoji);
        var classifier = parsed.GetValue(Classifier) ?? TrainClassifier(library, judge.Folder, output, cancel);
        using var scope = new TensorScope();
        var prompts = ScenePrompts.Draw(library, ScenePrompts.EmbeddedModels, count, PromptSeed, distinct: true);
        var comparison = new Comparison(parsed, models, prompts, PromptList.Read(parsed.GetRequiredValue(Prompts)), output, cancel);
        comparison.Paint();
        comparison.Draw();
        comparison.DrawSheets();
        comparison.Score(library, classifier, judge.Folder);
        return ExitCodes.Success;
    }

    private static int CompareBrushes(ParseResult parsed, IReadOnlyList<string> brushes, string? emoji, TextWriter output, CancellationToken cancel)
    {
        foreach (var brush in brushes)
        {
            Method.Named(brush);
        }

        // The default of --starts is for the other comparison; a brush has a start of its own.
        var starts = parsed.GetResult(Starts) is { Implicit: false } ? parsed.GetValue(Starts)! : [];
        StartKind? start = starts.Length switch { 0 => null, 1 => starts[0], _ => throw new UsageException("--brushes are compared from one of --starts at a time; run it once for each, into folders of their own") };
        if ((parsed.GetValue(Set) ?? []).FirstOrDefault(setting => !brushes.Any(brush => setting.StartsWith($"{brush}.", StringComparison.Ordinal))) is { } stray)
        {
            throw new UsageException($"--set {stray} is of no brush; write BRUSH.NAME=VALUE, as vqgan.learningRate=0.1");
        }

        var named = Words(parsed.GetValue(Critics) ?? []);
        ComparedModel[] critics = named.Count == 0 ? [.. ComparedModel.Default] : [.. named.Select(name => ComparedModel.Default.FirstOrDefault(model => model.Name == name) ?? ComparedModel.Parse(name))];
        var judge = parsed.GetValue(Judge) is { } folder ? new ComparedModel("judge", folder, null) : ComparedModel.Judge;
        foreach (var model in critics.Append(judge))
        {
            model.Train(emoji, output, cancel);
        }

        var library = EmojiLibrary.Open(emoji ?? TrainingConfigFile.Read(ComparedModel.Judge.Config!).Data.Emoji);
        using var scope = new TensorScope();
        var others = ScenePrompts.Draw(library, ScenePrompts.EmbeddedModels, 300, PromptSeed, distinct: true);
        using var painter = Painter.Load(parsed.GetRequiredValue(Model), LibTorch.DefaultDevice);
        using var clip = ClipLoader.Load(judge.Folder, LibTorch.DefaultDevice);
        var prompts = PromptList.Read(parsed.GetRequiredValue(Prompts)).Prompts.Select(prompt => prompt.Text).ToList();
        var place = parsed.GetRequiredValue(Out);
        var comparison = new BrushComparison(painter, clip, [.. others.Prompts.Select(prompt => prompt.Caption)], place, parsed.GetValue(Seed));
        var cells = comparison.Run(brushes, critics, prompts, method => OptionsOf(parsed, painter, method, start), output, cancel);
        foreach (var group in cells.GroupBy(cell => (cell.Brush, cell.Critic)))
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{group.Key.Brush,-10} {group.Key.Critic,-10} judge {group.Average(cell => cell.Cosine):0.000}  found {group.Count(cell => cell.Found)} of {group.Count()}  {group.Average(cell => cell.Seconds):0.0} s"));
        }

        output.WriteLine(Path.Combine(place, "index.html"));
        return ExitCodes.Success;
    }

    private static PaintOptions OptionsOf(ParseResult parsed, Painter painter, string brush, StartKind? start)
    {
        var options = new PaintOptions { Method = Method.Named(brush), Steps = parsed.GetValue(Steps), Start = start };
        var own = (parsed.GetValue(Set) ?? []).Where(setting => setting.StartsWith($"{brush}.", StringComparison.Ordinal)).Select(setting => setting[(brush.Length + 1)..]).ToList();
        return own.Count == 0 ? options : options with { Recipe = RecipeJson.Change(painter.RecipeOf(options), GenerateOptions.Changes(own)) };
    }

    /// <summary>Words of one argument or of several, with commas between or without.</summary>
    private static IReadOnlyList<string> Words(IEnumerable<string> arguments) =>
        [.. arguments.SelectMany(argument => argument.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

    private static string TrainClassifier(EmojiLibrary library, string judge, TextWriter output, CancellationToken cancel)
    {
        const string Folder = "runs/classifier";
        var file = ClassifierTraining.FileIn(Folder);
        if (!File.Exists(file))
        {
            var options = new ClassifierOptions();
            output.WriteLine($"classifier: training in {Folder}");
            var clock = Stopwatch.StartNew();
            using var clip = ClipLoader.Load(judge, LibTorch.DefaultDevice);
            ClassifierTraining.Run(library, Folder, options, clip.Model, Tell, cancel);
            cancel.ThrowIfCancellationRequested();

            void Tell(int step, double loss, double accuracy) => output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"step {step}/{options.Steps}  loss {loss:0.000}  named right {accuracy:0.000}  {Terminal.Duration(clock.Elapsed)}"));
        }

        return file;
    }

    /// <summary>One comparison, from paintings to tables.</summary>
    private sealed class Comparison(ParseResult parsed, ComparedModel[] models, ScenePrompts scenes, PromptList listed, TextWriter output, CancellationToken cancel)
    {
        private const string Scenes = "scene";
        private const string Listed = "prompt";
        private const string Start = "start";
        private readonly string _out = parsed.GetRequiredValue(Out);
        private readonly Recipe[] _recipes = [.. parsed.GetRequiredValue(Starts).Distinct().Select(start => RecipeOf(parsed, start))];

        private string[] Captions => [.. scenes.Prompts.Select(prompt => prompt.Caption)];

        public void Paint()
        {
            foreach (var model in models)
            {
                using var clip = ClipLoader.Load(model.Folder, LibTorch.DefaultDevice);
                using var bank = InitBank.Load(parsed.GetRequiredValue(Bank));
                var generator = new PixelGenerator(clip.Model, clip.Tokenizer, bank: bank);
                foreach (var recipe in _recipes)
                {
                    var folder = Folder(model, recipe);
                    var paintings = new PaintingFolder(folder, $"{clip.Name} {clip.Hash}\nseed {PaintingSeed}\n{recipe}\n");
                    using var painter = new BatchPainter(generator, recipe, PaintingSeed, cancel);
                    if (recipe.Start == StartKind.Bank)
                    {
                        paintings.Save($"{Start}-{Scenes}", painter.Starts(Captions.Select(PaintingFolder.ToPrompt)));
                        paintings.Save($"{Start}-{Listed}", painter.Starts(listed.Prompts.Select(prompt => prompt.Text)));
                    }

                    PaintBoth(paintings, folder, prompts => [.. painter.Paint(prompts, cancel).Select(frame => frame.Picture)]);
                }
            }
        }

        /// <summary>Draws with CLIP-GEN, where a model of it is compared.</summary>
        public void Draw()
        {
            if (parsed.GetValue(ClipGen) is not { } model)
            {
                return;
            }

            using var painter = Painter.Load(model, LibTorch.DefaultDevice);
            var ways = new DrawnWays(painter);
            new PaintingFolder(DrawnFolder(DrawnWays.Reconstructed), ways.MakerOf("one")).Save(Scenes, ways.Reconstruct(scenes.Pictures));
            foreach (var (way, _) in DrawnWays.All)
            {
                PaintBoth(new PaintingFolder(DrawnFolder(way), $"seed {PaintingSeed}\n{ways.MakerOf(way)}"), DrawnFolder(way), prompts => ways.Paint(way, prompts, cancel));
            }
        }

        public void DrawSheets()
        {
            var columns = new List<(string, IReadOnlyList<Picture>)>();
            foreach (var recipe in _recipes)
            {
                if (recipe.Start == StartKind.Bank)
                {
                    columns.AddRange(models.Select(model => ($"{model.Name}\nstart", Pictures(model, recipe, $"{Start}-{Listed}"))));
                }

                columns.AddRange(models.Select(model => ($"{model.Name}\n{NameOf(recipe)}", Pictures(model, recipe, Listed))));
            }

            if (parsed.GetValue(ClipGen) is not null)
            {
                columns.AddRange(DrawnWays.All.Select(way => (way.Name.Replace('-', '\n'), PaintingFolder.Load(DrawnFolder(way.Name), Listed, listed.Prompts.Count))));
            }

            output.WriteLine($"the prompts side by side: {string.Join(", ", SideBySide.Write(_out, listed, columns))}");

            IReadOnlyList<Picture> Pictures(ComparedModel model, Recipe recipe, string kind) => PaintingFolder.Load(Folder(model, recipe), kind, listed.Prompts.Count);
        }

        public void Score(EmojiLibrary library, string classifierFile, string judge)
        {
            using var classifier = SceneClassifier.Load(classifierFile);
            using var clip = ClipLoader.Load(judge, LibTorch.DefaultDevice);
            var reference = ScenePrompts.Draw(library, ScenePrompts.EmbeddedModels, parsed.GetValue(Reference), ReferenceSeed, distinct: false);
            using var judges = new SceneJudges(classifier, clip, scenes.Prompts, reference.Pictures, JudgingSeed);
            var rows = new List<(PictureScore, IReadOnlyList<PictureFinding>)> { judges.Measure("real scenes", "-", scenes.Pictures) };
            foreach (var recipe in _recipes)
            {
                foreach (var model in models)
                {
                    if (recipe.Start == StartKind.Bank)
                    {
                        Measure("no painting", $"bank, chosen by {model.Name}", Folder(model, recipe), $"{Start}-{Scenes}");
                    }

                    Measure(model.Name, NameOf(recipe), Folder(model, recipe), Scenes);
                }
            }

            if (parsed.GetValue(ClipGen) is not null)
            {
                Measure("real scenes", "through the VQGAN", DrawnFolder(DrawnWays.Reconstructed), Scenes);
                foreach (var (way, label) in DrawnWays.All)
                {
                    Measure("clip-gen", label, DrawnFolder(way), Scenes);
                }
            }

            var report = new ComparisonReport(Settings(clip, classifierFile), scenes.Prompts, rows);
            Write("comparison.json", report.ToJson());
            Write("comparison.csv", report.ToCsv());
            Write("comparison.md", report.ToMarkdown());
            output.Write(report.ToMarkdown());
            output.WriteLine($"{_out}: comparison.json, comparison.csv (each picture), comparison.md (this table)");

            void Measure(string model, string start, string folder, string kind)
            {
                cancel.ThrowIfCancellationRequested();
                using var scope = new TensorScope();
                rows.Add(judges.Measure(model, start, PaintingFolder.Stack(PaintingFolder.Load(folder, kind, scenes.Prompts.Count))));
            }
        }

        private void PaintBoth(PaintingFolder paintings, string folder, Func<IReadOnlyList<(string Prompt, ulong Seed)>, IReadOnlyList<Picture>> paint)
        {
            string[] texts = [.. listed.Prompts.Select(prompt => prompt.Text)];
            paintings.Paint(paint, Listed, texts, PaintingSeed, parsed.GetValue(Batch), (_, _) => { }, cancel);
            var progress = new ProgressLine(output, folder, scenes.Prompts.Count);
            paintings.Paint(paint, Scenes, Captions, PaintingSeed, parsed.GetValue(Batch), progress.Show, cancel);
        }

        private string DrawnFolder(string way) => Path.Combine(_out, $"clip-gen-{way}");

        private static Recipe RecipeOf(ParseResult parsed, StartKind start) =>
            new PaintOptions { Steps = parsed.GetValue(Steps) }.Resolve(ComparisonRecipes.From(start));

        private static string NameOf(Recipe recipe) => recipe.Start.ToString().ToLowerInvariant();

        private string Folder(ComparedModel model, Recipe recipe) => Path.Combine(_out, $"{model.Name}-{NameOf(recipe)}");

        private Dictionary<string, string> Settings(LoadedClip judge, string classifier)
        {
            var settings = new Dictionary<string, string>();
            foreach (var model in models)
            {
                using var clip = ClipLoader.Load(model.Folder, LibTorch.DefaultDevice);
                settings[$"model {model.Name}"] = $"{model.Folder} {clip.Hash}";
            }

            settings["judge"] = $"{judge.Path} {judge.Hash}";
            settings["classifier"] = classifier;
            settings["reference scenes"] = parsed.GetValue(Reference).ToString(CultureInfo.InvariantCulture);
            foreach (var recipe in _recipes)
            {
                settings[$"recipe {NameOf(recipe)}"] = recipe.ToString();
            }

            settings["version"] = ProductVersion.Text;
            settings["libtorch"] = LibTorch.Version;
            return settings;
        }

        private void Write(string name, string text) =>
            AtomicFile.Write(Path.Combine(_out, name), overwrite: true, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }
}
