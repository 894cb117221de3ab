using System.Text.Json;
using System.Text.Json.Nodes;
using Pagoda.Cli;
using Pagoda.Cli.Commands.Compare;
using Pagoda.Data.Scenes;
using Pagoda.Evaluation.Classifier;
using Pagoda.Evaluation.Comparison;
using Pagoda.Formats.Images;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Prompts;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Start;
using Pagoda.Models;
using Pagoda.Models.Clip;
using Pagoda.Models.Gpt;
using Pagoda.Models.Vqgan;
using Pagoda.Tests.Data;
using Pagoda.Tests.Generation;
using Pagoda.Tests.Models.Gpt;
using Pagoda.Torch;

namespace Pagoda.Tests.Evaluation;

[Trait("Host", "small")]
public sealed class ComparisonTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ScenePrompts_AreHalfUnseen_AndAShorterListIsTheBeginningOfALonger()
    {
        using var scope = new TensorScope();
        var options = new SceneOptions { Size = 16 };
        var (few, many) = (ScenePrompts.Draw(DrawnEmoji.Library, options, 10, 3, distinct: true), ScenePrompts.Draw(DrawnEmoji.Library, options, 40, 3, distinct: true));
        Assert.Equal(few.Prompts.Select(prompt => prompt.Caption), many.Prompts.Take(10).Select(prompt => prompt.Caption));
        Assert.Equal(few.Pictures.ToArray<float>(), many.Pictures.Narrow(0, 0, 10).ToArray<float>());
        Assert.Equal(40, many.Prompts.Select(prompt => prompt.Caption).Distinct().Count());
        Assert.Equal(20, many.Prompts.Count(prompt => prompt.IsUnseen));
        Assert.All(many.Prompts, prompt => Assert.InRange(prompt.Names.Count, 1, 2));
    }

    [Fact]
    public void PaintingFolder_PaintsOnlyWhatIsMissing_AndForOneMakerOnly()
    {
        using var painter = new BatchPainter(new PixelGenerator(TinyClip.Model(), TinyClip.Tokenizer), Recipe.Energy with { Steps = 2 });
        IReadOnlyList<Picture> Paint(IReadOnlyList<(string Prompt, ulong Seed)> asked) => [.. painter.Paint(asked).Select(frame => frame.Picture)];
        var folder = new PaintingFolder(_folder.File("paintings"), "one model");
        string[] prompts = ["a red apple", "a cat at 10:30 | \\o/", "oil painting"];
        var told = new List<(int, int)>();
        folder.Paint(Paint, "p", prompts, 9, batch: 2, (there, now) => told.Add((there, now)), default);
        Assert.Equal([(2, 2), (3, 3)], told);

        var kept = File.GetLastWriteTimeUtc(_folder.File("paintings/p-0000.png"));
        var before = File.ReadAllBytes(_folder.File("paintings/p-0001.png"));
        File.Delete(_folder.File("paintings/p-0001.png"));
        told.Clear();
        new PaintingFolder(_folder.File("paintings"), "one model").Paint(Paint, "p", prompts, 9, 2, (there, now) => told.Add((there, now)), default);
        Assert.Equal([(3, 1)], told);
        Assert.Equal(kept, File.GetLastWriteTimeUtc(_folder.File("paintings/p-0000.png")));
        Assert.Equal(before, File.ReadAllBytes(_folder.File("paintings/p-0001.png")));

        told.Clear();
        new PaintingFolder(_folder.File("paintings"), "one model").Paint(Paint, "p", ["a red apple", prompts[1], "a photo"], 9, 2, (there, now) => told.Add((there, now)), default);
        Assert.Equal([(3, 1)], told);
        Assert.Contains("another model", Assert.Throws<IOException>(() => new PaintingFolder(_folder.File("paintings"), "other")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToPrompt_AnyCaption_IsOneTextToTheLetter()
    {
        foreach (var caption in new[] { "a cat", "Mrs. Claus: 3 | 4", "image:x.png", "back\\slash", "at 10:30" })
        {
            var term = Assert.Single(Prompt.Parse(PaintingFolder.ToPrompt(caption)).Terms);
            Assert.Equal((caption, 1.0, false), (term.Content, term.Weight, term.IsPicture));
        }
    }

    [Fact]
    public async Task Compare_TinyModels_WritesTablesAndSheets_AndDoesNotPaintTwice()
    {
        var arguments = Prepare();
        var (code, output, error) = await Run(arguments);
        Assert.Equal((0, ""), (code, error));
        using var scores = JsonDocument.Parse(File.ReadAllText(_folder.File("out/comparison.json")));
        string[] rows = [.. scores.RootElement.GetProperty("scores").EnumerateArray().Select(row => $"{row.GetProperty("model").GetString()}, {row.GetProperty("start").GetString()}")];
        Assert.Equal(
            ["real scenes, -", "no painting, bank, chosen by one", "one, bank", "no painting, bank, chosen by two", "two, bank", "one, noise", "two, noise"], rows);
        Assert.Equal(1 + (7 * 20), File.ReadLines(_folder.File("out/comparison.csv")).Count());
        Assert.Contains("| one | noise |", output, StringComparison.Ordinal);
        Assert.Equal(8 + (6 * 136), PictureFile.Load(_folder.File("out/sheet-1.png")).Width);
        Assert.True(File.Exists(_folder.File("out/sheet-1.webp")));

        var table = File.ReadAllText(_folder.File("out/comparison.md"));
        var painted = File.GetLastWriteTimeUtc(_folder.File("out/two-noise/scene-0019.png"));
        Assert.Equal(0, (await Run(arguments)).Code);
        Assert.Equal(table, File.ReadAllText(_folder.File("out/comparison.md")));
        Assert.Equal(painted, File.GetLastWriteTimeUtc(_folder.File("out/two-noise/scene-0019.png")));
    }

    [Fact]
    public async Task Compare_ClipGen_HasARowForEachOfItsParts()
    {
        string[] arguments = [.. Prepare(), "--starts", "noise", "--clip-gen", _folder.File("one")];
        var config = TinyGpt.Config with { BlockSize = 16, ConditionWidth = TinyClip.Config.EmbedDim };
        GptSaver.Save(_folder.File("one"), TinyGpt.Model(1, config));
        VqganSaver.Save(_folder.File("one"), new VqganModel(Weights.Initialize(7, Device.Cpu), new VqganConfig
        {
            Resolution = 64, Channels = 4, Multipliers = [1, 1, 1, 1, 1], Blocks = 1, AttentionResolutions = [], LatentChannels = 4, CodebookSize = config.VocabularySize, CodebookWidth = 4, NormGroups = 2,
        }));
        RecipeJson.SetOfModel(_folder.File("one"), new JsonObject { ["name"] = "energy", ["steps"] = 1 });
        ConfigEntries.Set(_folder.File("one/config.json"), "paint", JsonNode.Parse("""{"clipGen": {"candidates": 2}}""")!);

        var (code, _, error) = await Run(arguments);

        Assert.Equal((0, ""), (code, error));
        var table = File.ReadAllText(_folder.File("out/comparison.md"));
        string[] rows = ["| real scenes | through the VQGAN |", "| clip-gen | one drawn |", "| clip-gen | best drawn |", "| clip-gen | best drawn, shifted, refined |"];
        Assert.All(rows, row => Assert.Contains(row, table, StringComparison.Ordinal));
        // Two models' noise, and five ways to draw.
        Assert.Equal(8 + (7 * 136), PictureFile.Load(_folder.File("out/sheet-1.png")).Width);
    }

    [Fact]
    public async Task Compare_WrongUse_IsSaidInASentence()
    {
        Assert.Equal((2, "pagoda: --models plain is no model; write NAME=FOLDER, such as plain=runs/emoji-1\n"), await Failing("--models", "plain"));
        Assert.Equal(2, (await Failing("--paintings", "3")).Code);

        async Task<(int Code, string Error)> Failing(params string[] arguments)
        {
            var (code, _, error) = await Run(arguments);
            return (code, error);
        }
    }

    [SharedFact("data", "emoji")]
    public void PromptsOfTheSheets_MarkedUnseen_AreHeldOutAndOthersAreNot()
    {
        var composer = new SceneComposer(EmojiLibrary.Load(SharedFolder.File("data", "emoji")));
        var prompts = PromptList.Read(Path.Combine(SharedFolder.RepositoryRoot, "configs", "emoji", "prompts.txt")).Prompts;
        Assert.Equal(32, prompts.Count);
        Assert.Equal(10, prompts.Count(prompt => prompt.IsUnseen));
        Assert.All(prompts, prompt => Assert.True(prompt.IsUnseen == IsHeldOut(prompt.Text), prompt.Text));

        bool IsHeldOut(string text)
        {
            string Key(string phrase) => phrase.Split(' ')[^1];
            var place = text.Split(" to the left of ");
            var above = text.Split(" above ");
            string[] words = text.Split(' ');
            return place.Length == 2 ? composer.HeldOut.Contains(Key(place[0]), Relation.LeftOf, Key(place[1]))
                : above.Length == 2 ? composer.HeldOut.Contains(Key(above[0]), Relation.Above, Key(above[1]))
                : words.Length >= 3 && ColorNames.Targets.Any(color => color.Name == words[1]) && composer.HeldOut.Contains(words[1], words[2].TrimEnd('s'));
        }
    }

    /// <summary>Two random models, a judge, a classifier of a few steps, drawn discs for emoji, a bank: all that the command takes.</summary>
    private string[] Prepare()
    {
        using var scope = new TensorScope();
        var config = TinyClip.Config with { Vision = TinyClip.Config.Vision with { ImageSize = 64 } };
        foreach (var (name, seed) in new[] { ("one", 1UL), ("two", 2UL), ("judge", 3UL) })
        {
            ClipSaver.Save(_folder.File(name), new ClipModel(Weights.Initialize(seed, Device.Cpu), config), TinyClip.Tokenizer);
        }

        DrawnEmoji.Library.SaveCache(_folder.File("emoji.bin"));
        ClassifierTraining.Run(DrawnEmoji.Library, _folder.File("classifier"), new ClassifierOptions { Steps = 2, Batch = 4 }, null, (_, _, _) => { });
        var scenes = ScenePrompts.Draw(DrawnEmoji.Library, ScenePrompts.EmbeddedModels, 20, 1, distinct: false);
        using var bank = InitBank.Fit(scenes.Pictures, [.. Enumerable.Range(0, 20).Select(i => (long)i)], rank: 1);
        bank.Save(_folder.File("bank.safetensors"));
        File.WriteAllText(_folder.File("prompts.txt"), "# two\na red apple\n\nunseen: a purple cat\n");
        return
        [
            "--models", $"one={_folder.File("one")}", $"two={_folder.File("two")}", "--judge", _folder.File("judge"),
            "--classifier", ClassifierTraining.FileIn(_folder.File("classifier")), "--emoji", _folder.File("emoji.bin"), "--bank", _folder.File("bank.safetensors"),
            "--prompts", _folder.File("prompts.txt"), "--paintings", "20", "--reference", "40", "--steps", "1", "--batch", "10", "--out", _folder.File("out"),
        ];
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandLine.RunAsync(["compare", .. arguments], output, error);
        return (code, output.ToString(), error.ToString());
    }
}
