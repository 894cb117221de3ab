using System.Text.Json;
using Pagoda.Cli;
using Pagoda.Cli.Commands.Generate;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Prompts;
using Pagoda.Generation.Provenance;
using Pagoda.Generation.Recipes;
using Pagoda.Models.Clip;
using Pagoda.Tests.Formats.Checkpoints;

namespace Pagoda.Tests.Generation;

public sealed class GenerateCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public GenerateCommandTests()
    {
        ClipSaver.Save(Model, TinyClip.Model(), TinyClip.Tokenizer);
        RecipeJson.SetOfModel(Model, "energy");
    }

    private string Model => _folder.File("tiny");

    public void Dispose() => _folder.Dispose();

    private Task<(int Code, string Output, string Error)> Generate(params string[] more) =>
        Run(default, ["generate", "a red apple", "--model", Model, "--device", "cpu", "--steps", "6", "--seed", "7", .. more]);

    private static async Task<(int Code, string Output, string Error)> Run(CancellationToken cancellation, params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandLine.RunAsync(arguments, output, error, cancellation);
        return (code, output.ToString(), error.ToString());
    }

    [Fact]
    public async Task Generate_ThenReplay_IsIdentical()
    {
        var apple = _folder.File("apple.png");
        var (code, output, error) = await Generate("--out", apple, "--negative", "a cat", "--scale", "3", "--scale-filter", "nearest", "--set", "views=3");
        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith($"{apple}  energy  seed 7  energy -", output, StringComparison.Ordinal);

        var record = PaintingRecord.FromPng(File.ReadAllBytes(apple), "apple.png");
        Assert.Equal((7ul, 6, 3, "energy", "tiny", "a cat"), (record.Seed, record.Recipe!.Steps, record.Recipe.Views, record.Recipe.Name, record.Model, record.NegativePrompt));
        Assert.Equal(3 * TinyClip.Size, PictureFile.Load(apple).Width);

        var again = _folder.File("again.png");
        Assert.Equal((0, "identical\n", ""), await Run(default, "replay", apple, "--device", "cpu", "--out", again));
        Assert.Equal(File.ReadAllBytes(apple), File.ReadAllBytes(again));
    }

    [Fact]
    public async Task Replay_AlteredPicture_SaysHowMuch()
    {
        var apple = _folder.File("apple.png");
        await Generate("--out", apple);
        var (picture, texts) = (PictureFile.Load(apple), PictureFile.ReadPngTexts(File.ReadAllBytes(apple)));
        picture.Pixels[5] ^= 4;
        PictureFile.Save(apple, PictureFile.EncodePng(picture, texts), force: true);

        Assert.Equal((1, "different: 1 of 256 pixels, by up to 4 of 255\n", ""), await Run(default, "replay", apple, "--device", "cpu"));
    }

    [Fact]
    public async Task Replay_OtherWeights_SaysSo()
    {
        var apple = _folder.File("apple.png");
        await Generate("--out", apple);
        ClipSaver.Save(Model, TinyClip.Model(seed: 2), TinyClip.Tokenizer);

        var (code, output, _) = await Run(default, "replay", apple, "--device", "cpu");

        Assert.Equal(1, code);
        Assert.StartsWith("different model: apple.png was painted by tiny with SHA-256 ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_InitAndMask_AreReplayed()
    {
        var (init, mask, painted) = (_folder.File("init.png"), _folder.File("mask.png"), _folder.File("painted.png"));
        PictureFile.Save(init, PictureFile.EncodePng(new Picture(20, 18, 3, [.. Enumerable.Range(0, 20 * 18 * 3).Select(i => (byte)i)])));
        PictureFile.Save(mask, PictureFile.EncodePng(new Picture(16, 16, 1, [.. Enumerable.Range(0, 256).Select(i => (byte)(i < 128 ? 0 : 255))])));

        Assert.Equal(0, (await Generate("--init", init, "--mask", mask, "--strength", "0.5", "--out", painted)).Code);
        Assert.Equal(0, (await Run(default, "replay", painted, "--device", "cpu")).Code);

        File.Delete(init);
        var (code, _, error) = await Run(default, "replay", painted, "--device", "cpu");
        Assert.Equal(1, code);
        Assert.Contains("init.png, which is not there any more", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_SeveralWithEverything_WritesAllFiles()
    {
        var (code, output, error) = await Generate(
            "--count", "3", "--out", _folder.File("a.png"), "--grid", "--animate", _folder.File("a.webp"), "--save-every", "3", "--json", "--preview-anywhere");

        Assert.Equal(0, code);
        Assert.Contains("\u2580", error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(output);
        Assert.Equal([7ul, 8ul, 9ul], json.RootElement.EnumerateArray().Select(one => one.GetProperty("seed").GetUInt64()));
        var files = Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(
            ["a-7-step-0003.png", "a-7-step-0006.png", "a-7.png", "a-7.webp", "a-8-step-0003.png", "a-8-step-0006.png", "a-8.png", "a-8.webp",
                "a-9-step-0003.png", "a-9-step-0006.png", "a-9.png", "a-9.webp", "a-grid.png"], files);
        Assert.Equal((32, 32), (PictureFile.Load(_folder.File("a-grid.png")).Width, PictureFile.Load(_folder.File("a-grid.png")).Height));
    }

    [Fact]
    public async Task Generate_FileExists_IsRefusedBeforePainting()
    {
        var apple = _folder.Write("apple.png", [1]);

        var (code, _, error) = await Generate("--out", apple);

        Assert.Equal(2, code);
        Assert.Contains("apple.png exists already", error, StringComparison.Ordinal);
        Assert.Equal([1], File.ReadAllBytes(apple));
        Assert.Equal(0, (await Generate("--out", apple, "--force")).Code);
    }

    [Theory]
    [InlineData("--recipe", "clpag")]
    [InlineData("--device", "cuda:99")]
    [InlineData("--device", "gpu")]
    [InlineData("--set", "learningRate")]
    [InlineData("--set", "speed=3")]
    [InlineData("--size", "2")]
    [InlineData("--scale", "0")]
    [InlineData("--strength", "0.5")]
    public async Task Generate_ImpossibleOption_IsUsage(string option, string value)
    {
        var (code, output, error) = await Generate(option, value, "--out", _folder.File("x.png"));

        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith("pagoda: ", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Generate_Interrupted_SavesWhatThereIsAndReplays()
    {
        using var cancel = new CancellationTokenSource();
        var apple = _folder.File("apple.png");
        var running = Run(cancel.Token, "generate", "a red apple", "--model", Model, "--device", "cpu", "--steps", "1000000", "--out", apple, "--save-every", "2");
        for (var waited = 0; waited < 600 && !File.Exists(_folder.File("apple-step-0002.png")); waited++)
        {
            await Task.Delay(50);
        }

        await cancel.CancelAsync();
        var (code, output, _) = await running;

        Assert.Equal(ExitCodes.Interrupted, code);
        Assert.Contains("interrupted after step", output, StringComparison.Ordinal);
        Assert.Equal((0, "identical\n", ""), await Run(default, "replay", apple, "--device", "cpu"));
    }

    [Fact]
    public void Paint_ByTheLibrary_EqualsTheCommand()
    {
        using var painter = Painter.Load(Model, Pagoda.Torch.Device.Cpu);

        var frame = painter.Paint("a red apple", new PaintOptions { Seed = 7, Steps = 6 });

        Assert.Equal(("energy", true), (painter.Pixels.DefaultRecipe.Name, frame.IsLast));
        Assert.Equal(frame.Picture.Pixels, painter.Paint("a red apple", new PaintOptions { Seed = 7, Steps = 6 }).Picture.Pixels);
        Assert.Throws<GenerationException>(() => painter.Paint("a red apple", new PaintOptions { Count = 2 }));
    }

    [Theory]
    [InlineData("A red, red apple!", "a-red-red-apple")]
    [InlineData("../../etc/passwd", "etc-passwd")]
    [InlineData("?!", "picture")]
    public void Stem_AnyPrompt_IsAFileName(string prompt, string expected) => Assert.Equal(expected, FileStem.Of(prompt));
}
