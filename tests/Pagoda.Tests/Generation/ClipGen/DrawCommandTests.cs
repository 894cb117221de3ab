using System.Text.Json;
using System.Text.Json.Nodes;
using Pagoda.Cli;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.ClipGen;
using Pagoda.Generation.Provenance;
using Pagoda.Generation.Recipes;
using Pagoda.Models.Clip;
using Pagoda.Models.Gpt;
using Pagoda.Models.Vqgan;
using Pagoda.Tests.Formats.Checkpoints;
using Pagoda.Tests.Models.Gpt;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation.ClipGen;

/// <summary><c>generate --method clip-gen</c> on tiny random networks.</summary>
public sealed class DrawCommandTests : IDisposable
{
    // 4 x 4 tokens of 2 pixels.
    private static readonly GptConfig s_config = TinyGpt.Config with { BlockSize = 16, ConditionWidth = TinyClip.Config.EmbedDim };
    private readonly TemporaryFolder _folder = new();

    public DrawCommandTests()
    {
        ClipSaver.Save(Model, TinyClip.Model(), TinyClip.Tokenizer);
        RecipeJson.SetOfModel(Model, "energy");
        GptSaver.Save(Model, TinyGpt.Model(1, s_config));
        VqganSaver.Save(Model, new VqganModel(Weights.Initialize(7, Device.Cpu), new VqganConfig
        {
            Resolution = 8, Channels = 8, Multipliers = [1, 1], Blocks = 1, AttentionResolutions = [], LatentChannels = 8, CodebookSize = s_config.VocabularySize, CodebookWidth = 4, NormGroups = 4,
        }));
        new ModalityShift([.. Enumerable.Repeat(0.1f, TinyClip.Config.EmbedDim)], new float[TinyClip.Config.EmbedDim]).Save(
            Path.Combine(Model, ModalityShift.FileName), "", overwrite: false);
    }

    private string Model => _folder.File("tiny");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Generate_ClipGen_GivesFourAndAGrid_WhichReplay()
    {
        var (code, output, error) = await Generate("a red apple", "--method", "clip-gen", "--candidates", "3", "--guidance", "2", "--negative", "a cat", "--grid", "--out", _folder.File("a.png"));

        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith($"{_folder.File("a-7.png")}  clip-gen  seed 7  energy ", output, StringComparison.Ordinal);
        Assert.Equal((16, 16), (PictureFile.Load(_folder.File("a-grid.png")).Width, PictureFile.Load(_folder.File("a-grid.png")).Height));
        foreach (var seed in new[] { 7, 8, 9, 10 })
        {
            Assert.Equal((0, "identical\n", ""), await Run("replay", _folder.File($"a-{seed}.png"), "--device", "cpu"));
        }

        var record = PaintingRecord.FromPng(File.ReadAllBytes(_folder.File("a-8.png")), "a-8.png");
        Assert.Equal((2, 8ul, 8, null), (record.Format, record.Seed, record.Size, record.Recipe));
        Assert.Equal((3, 2.0), (record.ClipGen!.Options.Candidates, record.ClipGen.Options.Sampling.Guidance));
        Assert.Contains("Sampler: clip-gen, Seed: 8", record.ToParameters(), StringComparison.Ordinal);
        Assert.NotNull(record.ClipGen.Modality);
    }

    [Fact]
    public async Task Generate_Refined_ByOthers_ReplaysWithThem()
    {
        var (other, apple) = (_folder.File("other"), _folder.File("apple.png"));
        ClipSaver.Save(other, TinyClip.Model(2), TinyClip.Tokenizer);
        RecipeJson.SetOfModel(other, new JsonObject { ["name"] = "energy", ["steps"] = 6, ["views"] = 2 });

        var (code, output, error) = await Generate(
            "a red apple", "--method", "clip-gen", "--refine", "clip-jem", "--refine-model", other, "--critic", other, "--strength", "0.5", "--count", "1", "--out", apple, "--animate", _folder.File("apple.webp"));

        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith($"{apple}  clip-gen + energy  seed 7  energy ", output, StringComparison.Ordinal);
        var record = PaintingRecord.FromPng(File.ReadAllBytes(apple), "apple.png");
        Assert.Equal((6, 2, 0.5), (record.Recipe!.Steps, record.Recipe.Views, record.Strength));
        Assert.Equal(record.ClipGen!.Refiner!.Sha256, Assert.Single(record.Critics!).Sha256);
        Assert.Equal((0, "identical\n", ""), await Run("replay", apple, "--device", "cpu"));

        ClipSaver.Save(other, TinyClip.Model(3), TinyClip.Tokenizer);
        var (changed, said, _) = await Run("replay", apple, "--device", "cpu");
        Assert.Equal(1, changed);
        Assert.StartsWith("different critic: apple.png was painted with another", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_NoMethod_TakesTheModelsBest_AndSaysWhich()
    {
        var config = Path.Combine(Model, "config.json");
        var root = JsonNode.Parse(File.ReadAllText(config))!.AsObject();
        root["paint"] = JsonNode.Parse("""{"method": "clip-gen", "refined": true, "clipGen": {"candidates": 2, "sampling": {"topK": 4}}, "refine": {"name": "energy", "steps": 3}}""");
        File.WriteAllText(config, root.ToJsonString());

        async Task<JsonElement> Painted(params string[] more)
        {
            var (code, output, error) = await Generate(["a red apple", "--json", "--force", "--out", _folder.File("a.png"), .. more]);
            Assert.Equal((0, ""), (code, error));
            return JsonDocument.Parse(output).RootElement;
        }

        var best = await Painted();
        Assert.Equal((1, "clip-gen + energy", 4 + 3), (best.GetArrayLength(), best[0].GetProperty("method").GetString(), best[0].GetProperty("steps").GetInt32()));
        Assert.Equal((0, "identical\n", ""), await Run("replay", _folder.File("a.png"), "--device", "cpu"));
        Assert.Equal(4, PaintingRecord.FromPng(File.ReadAllBytes(_folder.File("a.png")), "a").ClipGen!.Options.Sampling.TopK);
        Assert.Equal("clip-gen + energy", (await Painted("--size", "16"))[0].GetProperty("method").GetString());
        Assert.Equal("clip-gen", (await Painted("--method", "clip-gen", "--count", "1"))[0].GetProperty("method").GetString());
        Assert.Equal("energy", (await Painted("--steps", "2"))[0].GetProperty("method").GetString());
        Assert.Equal("energy", (await Painted("--init", _folder.File("a.png"), "--strength", "0.1"))[0].GetProperty("method").GetString());

        root["paint"] = JsonNode.Parse("""{"method": "clip-gen", "clipGen": {"candidates": 0}}""");
        File.WriteAllText(config, root.ToJsonString());
        var (wrong, _, problem) = await Generate("a red apple");
        Assert.Equal(1, wrong);
        Assert.Contains("config.json, \"paint\": 0 candidates cannot be drawn", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_Image_GivesVariations_AlsoOfATinyPicture()
    {
        // A picture's condition is not shifted; three pixels are enlarged.
        var tiny = _folder.File("tiny.png");
        File.WriteAllBytes(tiny, PictureFile.EncodePng(new Picture(3, 1, 3, [255, 0, 0, 0, 255, 0, 0, 0, 255])));

        var (code, output, error) = await Generate("--image", tiny, "--method", "clip-gen", "--count", "2", "--beams", "0", "--out", _folder.File("v.png"));

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(2, output.TrimEnd().Split('\n').Length);
        Assert.Equal((0, "identical\n", ""), await Run("replay", _folder.File("v-8.png"), "--device", "cpu"));
        Assert.Equal(0, (await Generate("a red apple", "--image", tiny, "--method", "clip-gen", "--count", "1", "--beams", "2", "--out", _folder.File("w.png"))).Code);
    }

    [Fact]
    public async Task Generate_PromptOfTenThousandLetters_IsCutAsClipCutsIt()
    {
        var (code, _, error) = await Generate(string.Concat(Enumerable.Repeat("a red apple ", 900)), "--method", "clip-gen", "--count", "1", "--out", _folder.File("long.png"));
        Assert.Equal((0, ""), (code, error));
    }

    [Theory]
    [InlineData("say what to paint", "--method", "clip-gen")]
    [InlineData("--method sketch is not known", "a cat", "--method", "sketch")]
    [InlineData("top-p of 0 is out of range", "a cat", "--method", "clip-gen", "--top-p", "0")]
    [InlineData("0 candidates cannot be drawn", "a cat", "--method", "clip-gen", "--candidates", "0")]
    [InlineData("-1 beams cannot be searched", "a cat", "--method", "clip-gen", "--beams", "-1")]
    [InlineData("no recipe \"dream\"", "a cat", "--method", "clip-gen", "--refine", "dream")]
    [InlineData("say how with --refine", "a cat", "--method", "clip-gen", "--refine-model", "emoji")]
    [InlineData("are for CLIP-GEN", "a cat", "--method", "pixels", "--top-k", "3")]
    [InlineData("Only CLIP-GEN's pictures are refined", "a cat", "--method", "pixels", "--refine", "clip-jem")]
    [InlineData("for painting in pixel space", "a cat", "--method", "clip-gen", "--steps", "3")]
    [InlineData("a given picture or a draft", "a cat", "--method", "clip-gen", "--strength", "0.5")]
    public async Task Generate_ThatDoesNotGoTogether_IsUsage(string sentence, params string[] arguments)
    {
        var (code, output, error) = await Generate(arguments);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Generate_NetworksThatAreMissingOrOthers_OneSentence()
    {
        async Task<string> Problem(params string[] more)
        {
            var (code, _, error) = await Generate(["a cat", "--method", "clip-gen", .. more]);
            Assert.Equal(1, code);
            return Assert.Single(error.TrimEnd().Split('\n'));
        }

        GptSaver.Save(_folder.File("larger"), TinyGpt.Model(1, s_config with { VocabularySize = 12 }));
        Assert.Contains("draws from 12 tokens, and this VQGAN's codebook has 11", await Problem("--gpt", _folder.File("larger"), "--vqgan", Model), StringComparison.Ordinal);
        Assert.Contains("no transformer over picture tokens", await Problem("--gpt", Path.Combine(Model, VqganLoader.FileName)), StringComparison.Ordinal);
        Assert.Contains("is no VQGAN", await Problem("--vqgan", Path.Combine(Model, GptSaver.FileName)), StringComparison.Ordinal);
        Assert.Contains("pictures of 8 pixels, not of 64", await Problem("--size", "64"), StringComparison.Ordinal);
        Assert.Contains("same picture whatever the seed", await Problem("--beams", "2"), StringComparison.Ordinal);
        File.Delete(Path.Combine(Model, GptSaver.FileName));
        Assert.Contains("tiny has no transformer for CLIP-GEN", await Problem(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ModelsModality_MeasuresBothMeans()
    {
        Directory.CreateDirectory(_folder.File("pictures"));
        foreach (var (name, text) in new[] { ("0", "a red apple"), ("1", "a cat"), ("2", "oil painting") })
        {
            var pixels = Enumerable.Range(0, 16 * 16 * 3).Select(i => (byte)(i * (3 + name[0]))).ToArray();
            _folder.Write($"pictures/{name}.png", PictureFile.EncodePng(new Picture(16, 16, 3, pixels)));
            _folder.Write($"pictures/{name}.txt", System.Text.Encoding.UTF8.GetBytes(text));
        }

        var config = _folder.Write("gpt.yaml", System.Text.Encoding.UTF8.GetBytes($"method: gpt\ndata:\n  folder: {_folder.File("pictures")}\ngpt:\n  vqgan: {Model}\n  clip: {Model}\n  resolution: 8\n"));
        var file = _folder.File("modality.safetensors");

        var (code, output, error) = await Run("models", "modality", Model, "--pictures", config, "--count", "3", "--out", file);

        Assert.Equal((0, ""), (code, error));
        var shift = ModalityShift.Load(file);
        Assert.Contains(FormattableString.Invariant($"are {shift.Gap:0.000} apart"), output, StringComparison.Ordinal);
        // Means of vectors of length 1 are shorter, and each on its own side.
        Assert.All([shift.Pictures, shift.Texts], mean => Assert.InRange(Math.Sqrt(mean.Sum(value => value * value)), 0.05, 1));
        Assert.All(MeanOfTexts().Zip(shift.Texts), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        Assert.Equal(2, (await Run("models", "modality", Model, "--pictures", config, "--count", "3", "--out", file)).Code);

        float[] MeanOfTexts()
        {
            using var scope = new TensorScope();
            return TinyClip.Model().EncodeText(Tensor.From(TinyClip.Tokenizer.Tokenize(["a red apple", "a cat", "oil painting"], 16), 3, 16)).Mean([0]).ToArray<float>();
        }
    }

    [Fact]
    public async Task ModelsAdd_PutsTheNetworksBesideAClip()
    {
        var bare = _folder.File("bare");
        ClipSaver.Save(bare, TinyClip.Model(), TinyClip.Tokenizer);

        var (code, output, error) = await Run("models", "add", bare, "--vqgan", Model, "--gpt", Model, "--dtype", "float32");

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(2, output.TrimEnd().Split('\n').Length);
        Assert.Equal(File.ReadAllBytes(Path.Combine(Model, GptSaver.FileName)), File.ReadAllBytes(Path.Combine(bare, GptSaver.FileName)));
        Assert.Equal(0, (await Run("generate", "a cat", "--model", bare, "--device", "cpu", "--method", "clip-gen", "--count", "1", "--out", _folder.File("b.png"))).Code);

        Assert.Equal(2, (await Run("models", "add", bare, "--gpt", Model)).Code);
        Assert.Equal(2, (await Run("models", "add", bare)).Code);
        Assert.Equal(2, (await Run("models", "add", _folder.Path, "--gpt", Model)).Code);
        GptSaver.Save(_folder.File("larger"), TinyGpt.Model(1, s_config with { VocabularySize = 12 }));
        Assert.Contains("do not belong together", (await Run("models", "add", bare, "--gpt", _folder.File("larger"), "--vqgan", Model, "--force")).Error, StringComparison.Ordinal);
    }

    private Task<(int Code, string Output, string Error)> Generate(params string[] arguments) =>
        Run(["generate", "--model", Model, "--device", "cpu", "--seed", "7", .. arguments]);

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandLine.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
