using System.Text.Json;
using System.Text.Json.Nodes;
using Pagoda.Cli;
using Pagoda.Formats.Images;
using Pagoda.Generation.ClipGen;
using Pagoda.Generation.Provenance;
using Pagoda.Generation.Recipes;
using Pagoda.Models.Clip;
using Pagoda.Models.Diffusion;
using Pagoda.Models.Gpt;
using Pagoda.Models.Vqgan;
using Pagoda.Tests.Data;
using Pagoda.Tests.Models.Gpt;
using Pagoda.Torch;
using TemporaryFolder = Pagoda.Tests.Data.TemporaryFolder;

namespace Pagoda.Tests.Generation.Brushes;

/// <summary><c>generate --method</c> with each brush, and their comparison, on tiny random networks.</summary>
public sealed class BrushCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public BrushCommandTests()
    {
        ClipSaver.Save(Model, TinyClip.Model(), TinyClip.Tokenizer);
        ClipSaver.Save(Other, TinyClip.Model(5), TinyClip.Tokenizer);
        RecipeJson.SetOfModel(Model, new JsonObject { ["name"] = "energy", ["views"] = 2 });
        var gpt = TinyGpt.Config with { BlockSize = 16, ConditionWidth = TinyClip.Config.EmbedDim };
        GptSaver.Save(Model, TinyGpt.Model(1, gpt));
        VqganSaver.Save(Model, new VqganModel(Weights.Initialize(7, Device.Cpu), new VqganConfig
        {
            Resolution = 8, Channels = 8, Multipliers = [1, 1], Blocks = 1, AttentionResolutions = [], LatentChannels = 8, CodebookSize = gpt.VocabularySize, CodebookWidth = 4, NormGroups = 4,
        }));
        DiffusionSaver.Save(Model, new DiffusionUNet(Weights.Initialize(3, Device.Cpu), new DiffusionConfig
        {
            Resolution = 16, Channels = 8, Multipliers = [1, 2], Blocks = 1, AttentionFactors = [], HeadChannels = 8, NormGroups = 4, LearnedVariance = false,
        }));
    }

    private string Model => _folder.File("tiny");

    private string Other => _folder.File("other");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("pixels", "energy", 16)]
    [InlineData("draw", "draw", 224)]
    [InlineData("vqgan", "vqgan", 8)]
    [InlineData("diffusion", "diffusion", 16)]
    public async Task Generate_AnyBrush_WithAnyCritics_Replays(string method, string said, int size)
    {
        var (file, animation) = (_folder.File("a.png"), _folder.File("a.webp"));
        var (code, output, error) = await Generate("a red apple:2 | a cat:0.5", "--method", method, "--critic", $"{Model}:2,{Other}", "--negative", "oil painting", "--out", file, "--animate", animation);

        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith($"{file}  {said}  seed 7  energy ", output, StringComparison.Ordinal);
        Assert.Equal(size, PictureFile.Load(file).Width);
        Assert.True(File.Exists(animation));
        Assert.Equal(method == "draw", File.Exists(_folder.File("a.svg")));
        var record = PaintingRecord.FromPng(File.ReadAllBytes(file), "a.png");
        Assert.Equal([2.0, 1.0], record.Critics!.Select(critic => critic.Weight));
        Assert.Equal((0, "identical\n", ""), await Run("replay", file, "--device", "cpu"));

        Assert.Equal(2, (await Generate("a cat", "--method", method, "--out", file)).Code);
        ClipSaver.Save(Other, TinyClip.Model(6), TinyClip.Tokenizer);
        Assert.StartsWith("different critic", (await Run("replay", file, "--device", "cpu")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pixels", 8)]
    [InlineData("draw", 224)]
    [InlineData("vqgan", 8)]
    [InlineData("diffusion", 16)]
    public async Task Generate_OverADraft_BeginsWithIt_AndReplays(string brush, int size)
    {
        var file = _folder.File("a.png");
        var (code, output, error) = await Generate("a red apple", "--brush", brush, "--draft", "--candidates", "2", "--strength", "0.5", "--out", file);

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("  clip-gen + ", output, StringComparison.Ordinal);
        var record = PaintingRecord.FromPng(File.ReadAllBytes(file), "a.png");
        Assert.Equal((true, 2, 0.5, size), (record.Draft, record.ClipGen!.Options.Candidates, record.Strength, PictureFile.Load(file).Width));
        Assert.Equal((0, "identical\n", ""), await Run("replay", file, "--device", "cpu"));
    }

    [Theory]
    [InlineData("draw")]
    [InlineData("vqgan")]
    [InlineData("diffusion")]
    public async Task Generate_PicturesInThePromptAndAtTheStart_Replay(string method)
    {
        var (init, shown, file) = (_folder.File("init.png"), _folder.File("shown.png"), _folder.File("a.png"));
        PictureFile.Save(init, PictureFile.EncodePng(new Picture(20, 20, 3, [.. Enumerable.Range(0, 1200).Select(i => (byte)(i * 7))])));
        PictureFile.Save(shown, PictureFile.EncodePng(new Picture(20, 20, 3, [.. Enumerable.Range(0, 1200).Select(i => (byte)(i * 3))])));

        Assert.Equal((0, ""), Code(await Generate($"a red apple | image:{shown}:0.5", "--method", method, "--init", init, "--strength", "0.5", "--out", file)));
        Assert.Equal((0, "identical\n", ""), await Run("replay", file, "--device", "cpu"));
        Assert.Equal(2, (await Generate("a cat", "--method", method, "--init", init, "--mask", shown, "--out", _folder.File("b.png"))).Code);
    }

    [Theory]
    [InlineData("draw", 100_000)]
    [InlineData("vqgan", 100_000)]
    [InlineData("diffusion", 1000)]
    public async Task Generate_Interrupted_LeavesAWholePicture_WhichReplays(string method, int steps)
    {
        using var cancel = new CancellationTokenSource();
        var file = _folder.File("a.png");
        var running = Run(cancel.Token, "generate", "a red apple", "--model", Model, "--device", "cpu", "--seed", "7", "--method", method, "--steps", $"{steps}", "--out", file, "--save-every", "2");
        for (var waited = 0; waited < 1200 && !running.IsCompleted && !File.Exists(_folder.File("a-step-0002.png")); waited++)
        {
            await Task.Delay(25);
        }

        await cancel.CancelAsync();
        var (code, output, _) = await running;

        Assert.Equal(ExitCodes.Interrupted, code);
        Assert.Contains("interrupted after step", output, StringComparison.Ordinal);
        Assert.Equal((0, "identical\n", ""), await Run("replay", file, "--device", "cpu"));
        Assert.All(Directory.GetFiles(_folder.Path), path => Assert.Matches(@"^a(-step-\d+)?\.(png|svg)$", Path.GetFileName(path)));
    }

    [Theory]
    [InlineData("--method paint", "--method paint is not known")]
    [InlineData("--method draw --palette red", "is no colour")]
    [InlineData("--method draw --strokes 0", "number of strokes")]
    [InlineData("--method pixels --strokes 3", "are for drawing")]
    [InlineData("--method vqgan --size 9", "choose a multiple")]
    [InlineData("--method diffusion --eta 2", "0 (DDIM) to 1 (DDPM)")]
    [InlineData("--method clip-gen --draft", "is a start for other methods")]
    [InlineData("--method vqgan --animate a.svg", "only --method draw")]
    [InlineData("--method draw --out a.png --animate a.svg", "choose another")]
    [InlineData("--critic nobody", "nobody")]
    public async Task Generate_WrongUse_IsSaidInASentence(string arguments, string expected)
    {
        var (code, _, error) = await Generate(["a cat", .. arguments.Split(' ')]);
        Assert.InRange(code, 1, 2);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task Generate_Draw_AnimatedAsADrawing()
    {
        var (file, animation) = (_folder.File("a.png"), _folder.File("drawn.svg"));
        Assert.Equal((0, ""), Code(await Generate("a red apple", "--method", "draw", "--strokes", "5", "--prune", "0", "--out", file, "--animate", animation)));
        Assert.Contains("animation-delay", File.ReadAllText(animation), StringComparison.Ordinal);
        Assert.DoesNotContain("animation", File.ReadAllText(_folder.File("a.svg")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ModelsAdd_PutsADenoisingNetworkBesideAClip()
    {
        Assert.Equal((0, ""), Code(await Run("models", "add", Other, "--diffusion", Model)));
        var (code, output, error) = await Run("generate", "a cat", "--model", Other, "--device", "cpu", "--method", "diffusion", "--steps", "3", "--out", _folder.File("a.png"));
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("  diffusion  ", output, StringComparison.Ordinal);
        Assert.Equal(2, (await Run("models", "add", Other, "--diffusion", Model)).Code);
    }

    [Fact]
    public async Task List_NamesEveryMethod() =>
        Assert.All(new[] { "pixels", "clip-gen", "draw", "vqgan", "diffusion" }, async name => Assert.Contains(name, (await Run("generate", "--list")).Output, StringComparison.Ordinal));

    [Fact]
    public async Task Compare_Brushes_WritesAPage_AndPaintsOnlyWhatIsMissing()
    {
        DrawnEmoji.Library.SaveCache(_folder.File("emoji.bin"));
        File.WriteAllText(_folder.File("prompts.txt"), "a red apple\na cat & a dog\n");
        string[] arguments =
        [
            "compare", "--brushes", "pixels,draw", "vqgan", "--critics", $"one={Model},two={Other}", "--model", Model, "--judge", Other, "--emoji", _folder.File("emoji.bin"),
            "--prompts", _folder.File("prompts.txt"), "--steps", "2", "--out", _folder.File("out"),
        ];
        var (code, output, error) = await Run(arguments);

        Assert.Equal((0, ""), (code, error));
        Assert.Contains(_folder.File("out/index.html"), output, StringComparison.Ordinal);
        var page = File.ReadAllText(_folder.File("out/index.html"));
        Assert.Contains("a cat &amp; a dog", page, StringComparison.Ordinal);
        using var facts = JsonDocument.Parse(File.ReadAllText(_folder.File("out/guidance.json")));
        Assert.Equal(12, facts.RootElement.GetArrayLength());
        Assert.All(facts.RootElement.EnumerateArray(), cell =>
        {
            var file = cell.GetProperty("file").GetString()!;
            Assert.Contains($"src=\"{file}\"", page, StringComparison.Ordinal);
            Assert.NotNull(PaintingRecord.FromPng(File.ReadAllBytes(_folder.File($"out/{file}")), file));
            Assert.InRange(cell.GetProperty("cosine").GetDouble(), -1, 1);
        });

        var (kept, gone) = (_folder.File("out/draw-two-a-red-apple.png"), _folder.File("out/vqgan-one-a-red-apple.png"));
        var (before, bytes) = (File.GetLastWriteTimeUtc(kept), File.ReadAllBytes(gone));
        File.Delete(gone);
        Assert.Equal(0, (await Run(arguments)).Code);
        Assert.Equal(before, File.GetLastWriteTimeUtc(kept));
        Assert.Equal(bytes, File.ReadAllBytes(gone));

        Assert.Equal(0, (await Run([.. arguments, "--seed", "2"])).Code);
        Assert.NotEqual(before, File.GetLastWriteTimeUtc(kept));
        Assert.Equal(0, (await Run([.. arguments, "--seed", "2", "--set", "vqgan.views=3"])).Code);
        Assert.Equal(3, PaintingRecord.FromPng(File.ReadAllBytes(gone), gone).Recipe!.Views);
        Assert.Equal(2, PaintingRecord.FromPng(File.ReadAllBytes(kept), kept).Recipe!.Views);
        Assert.Equal(2, (await Run([.. arguments, "--starts", "noise", "bank"])).Code);
        Assert.Equal(2, (await Run([.. arguments, "--set", "views=3"])).Code);
    }

    private static (int Code, string Error) Code((int Code, string Output, string Error) of) => (of.Code, of.Error);

    private Task<(int Code, string Output, string Error)> Generate(string prompt, params string[] arguments) => Generate([prompt, .. arguments]);

    private Task<(int Code, string Output, string Error)> Generate(string[] arguments) =>
        Run(["generate", .. arguments, "--model", Model, "--device", "cpu", "--seed", "7", .. arguments.Contains("--steps") ? Array.Empty<string>() : ["--steps", "4"]]);

    private static Task<(int Code, string Output, string Error)> Run(params string[] arguments) => Run(default, arguments);

    private static async Task<(int Code, string Output, string Error)> Run(CancellationToken cancellation, params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandLine.RunAsync(arguments, output, error, cancellation);
        return (code, output.ToString(), error.ToString());
    }
}
