using Pagoda.Cli;
using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Tests.Formats.Checkpoints;
using Pagoda.Tests.Generation;
using Pagoda.Torch;

namespace Pagoda.Tests.Cli;

public sealed class InterpolateModelsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public InterpolateModelsTests()
    {
        ClipSaver.Save(File("start"), TinyClip.Model(1), TinyClip.Tokenizer);
        ClipSaver.Save(File("tuned"), TinyClip.Model(2), TinyClip.Tokenizer);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Interpolate_SeveralShares_AreBetweenAndTheEndsAreTheModelsThemselves()
    {
        var (code, output, error) = await Run("start", "tuned", "out", "--alphas", "0,0.25,1");
        Assert.Equal((0, ""), (code, error));
        Assert.Equal(3, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        using var start = SafetensorsFile.Open(File("start/model.safetensors"));
        using var tuned = SafetensorsFile.Open(File("tuned/model.safetensors"));
        using var begin = SafetensorsFile.Open(File("out/alpha-0/model.safetensors"));
        using var between = SafetensorsFile.Open(File("out/alpha-0.25/model.safetensors"));
        using var end = SafetensorsFile.Open(File("out/alpha-1/model.safetensors"));
        foreach (var name in start.Entries.Keys)
        {
            Assert.Equal(start.ReadBytes(name), begin.ReadBytes(name));
            Assert.Equal(tuned.ReadBytes(name), end.ReadBytes(name));
            var (a, b) = (start.ReadFloats(name), tuned.ReadFloats(name));
            Assert.All(between.ReadFloats(name).Zip(a.Zip(b)), one => Assert.Equal((0.75 * one.Second.First) + (0.25 * one.Second.Second), one.First, 1e-5));
        }

        Assert.StartsWith("0.25 from ", between.Metadata["interpolated"], StringComparison.Ordinal);
        using var loaded = ClipLoader.Load(File("out/alpha-0.25"), Device.Cpu);
        Assert.Equal(TinyClip.Config.EmbedDim, loaded.Model.Config.EmbedDim);
    }

    [Fact]
    public async Task Interpolate_OneShare_WritesTheFolderItselfOnce()
    {
        Assert.Equal(0, (await Run("start", "tuned", "out")).Code);
        var (code, _, error) = await Run("start", "tuned", "out");
        Assert.Equal(2, code);
        Assert.Contains("has a model already", error, StringComparison.Ordinal);
        Assert.Equal(0, (await Run("start", "tuned", "out", "--force", "--alpha", "1")).Code);
    }

    [Fact]
    public async Task Interpolate_OtherShapes_IsRefused()
    {
        var config = TinyClip.Config with { Vision = TinyClip.Config.Vision with { Width = [8, 24] } };
        ClipSaver.Save(File("wide"), new ClipModel(Weights.Initialize(1, Device.Cpu), config), TinyClip.Tokenizer);
        var (code, _, error) = await Run("start", "wide", "out");
        Assert.Equal(1, code);
        Assert.Contains("The tensor visual.", error, StringComparison.Ordinal);
        Assert.Contains("name a model and one that was trained from it", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(File("out")));
    }

    [Fact]
    public async Task Interpolate_OtherWords_IsRefused()
    {
        var tokenizer = BpeTrainer.Train(["zebras zigzag", "zebras zoom", "a zoo", "zinc zippers", "azure fizz buzz"], 540);
        var config = TinyClip.Config with { Text = TinyClip.Config.Text with { VocabularySize = tokenizer.VocabularySize } };
        ClipSaver.Save(File("other"), new ClipModel(Weights.Initialize(1, Device.Cpu), config), tokenizer);
        var (code, _, error) = await Run("start", "other", "out");
        Assert.Equal(1, code);
        Assert.Contains("have different vocabularies", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alpha is 1.5", "--alpha", "1.5")]
    [InlineData("--alphas: half is no number", "--alphas", "0,half")]
    [InlineData("alpha is ", "--alphas", ",")]
    public async Task Interpolate_WrongShare_IsWrongUsage(string expected, params string[] more)
    {
        var (code, _, error) = await Run(["start", "tuned", "out", .. more]);
        Assert.Equal(2, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    private string File(string name) => _folder.File(name);

    private async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandLine.RunAsync(["models", "interpolate", .. arguments[..3].Select(File), .. arguments[3..]], output, error);
        return (code, output.ToString(), error.ToString());
    }
}
