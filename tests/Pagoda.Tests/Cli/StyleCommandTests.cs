using Pagoda.Cli;
using Pagoda.Formats.Images;
using Pagoda.Models.Clip;
using Pagoda.Models.Style;
using Pagoda.Tests.Data;
using Pagoda.Tests.Generation;
using Pagoda.Tests.Generation.Style;
using Pagoda.Tests.Models.Style;
using Pagoda.Torch;

namespace Pagoda.Tests.Cli;

public sealed class StyleCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public StyleCommandTests()
    {
        ClipSaver.Save(Tiny, TinyClip.Model(), TinyClip.Tokenizer);
        PictureFile.Save(Photo, PictureFile.EncodePng(StyleTransferTests.Striped(45, 30)));
    }

    private string Tiny => _folder.File("tiny");

    private string Photo => _folder.File("photo.png");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Style_WritesPictureNetworkAndAnimation_AndTheNetworkServesOthers()
    {
        var (code, output, error) = await Train("--also", Photo, "--save", _folder.File("cat.safetensors"), "--animate", _folder.File("cat.webp"));

        Assert.Equal(0, code);
        Assert.Matches(@"styled\.png  style  seed 1  energy -?0\.\d{3}  .*\n.*cat\.safetensors\n$", output);
        Assert.Contains("style: what the picture shows is kept by the feature maps of ", error, StringComparison.Ordinal);
        Assert.Equal((16, 16), Size("styled.png"));
        Assert.NotEmpty(File.ReadAllBytes(_folder.File("cat.webp")));

        (code, output, error) = await Run(Photo, "--network", _folder.File("cat.safetensors"), "--out", _folder.File("other.png"));

        Assert.Equal((0, _folder.File("other.png") + "\n", ""), (code, output, error));
        Assert.Equal((45, 30), Size("other.png"));
    }

    [Fact]
    public async Task Style_Interrupted_WritesWhatThereIsAndNothingElse()
    {
        using var cancel = new CancellationTokenSource();
        var (output, error) = (new StringWriter(), new FirstLine());
        var running = CommandLine.RunAsync(["style", .. Training("1000000"), "--save", _folder.File("cat.safetensors")], output, error, cancel.Token);
        // It says what it looks at when all is loaded; then it begins.
        await error.Or(running);
        cancel.CancelAfter(TimeSpan.FromSeconds(2));

        Assert.Equal(130, await running);
        Assert.Matches(@"interrupted after step \d+ of 1000000", output.ToString());
        Assert.Equal((16, 16), Size("styled.png"));
        Assert.Equal("a cat", StyleNetworkFile.Load(_folder.File("cat.safetensors"), Device.Cpu).Style);
        Assert.Equal(["cat.safetensors", "photo.png", "styled.png"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Style_FileThatIsThere_IsReplacedOnlyWithForce()
    {
        _folder.Write("styled.png", "mine");

        var (code, _, error) = await Train();

        Assert.Equal(2, code);
        Assert.Contains("styled.png exists already", error, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(_folder.File("styled.png")));
        Assert.Equal(0, (await Train("--force")).Code);
    }

    [Theory]
    [InlineData(2, "say a style", "photo.png")]
    [InlineData(2, "say a style", "photo.png", "ice", "--network", "x.safetensors")]
    [InlineData(2, "--save is for training", "photo.png", "--network", "x.safetensors", "--save", "y.safetensors")]
    [InlineData(2, "A picture of 30 pixels", "photo.png", "ice", "--size", "30")]
    [InlineData(2, "0 steps", "photo.png", "ice", "--steps", "0")]
    [InlineData(2, "it is a transformer", "photo.png", "ice", "--features", "vit", "--critic", "tiny")]
    [InlineData(1, "cannot be read", "missing.png", "ice")]
    [InlineData(1, "cannot be read", "photo.png", "ice", "--also", "missing.png")]
    [InlineData(1, "text.png", "text.png", "ice")]
    [InlineData(1, "holds no style network", "photo.png", "--network", "tiny/model.safetensors")]
    [InlineData(1, "text.png", "photo.png", "--network", "text.png")]
    [InlineData(1, "missing.safetensors", "photo.png", "--network", "missing.safetensors")]
    [InlineData(1, "cannot tell", "photo.png", "a cat", "--source", "a cat", "--critic", "tiny", "--features", "tiny")]
    public async Task Style_WhatCannotBeDone_IsOneSentence(int expected, string sentence, params string[] arguments)
    {
        _folder.Write("text.png", "no picture");
        StyleNetworkFile.Save(_folder.File("x.safetensors"), StyleNetworkFileTests.Network(), "ice");
        var transformer = TinyClip.Config with { Vision = new VisionConfig { Architecture = VisionArchitecture.ViT, HeadWidth = 8, ImageSize = 16, Layers = [1], Width = [16], PatchSize = 8 } };
        ClipSaver.Save(_folder.File("vit"), new ClipModel(Weights.Initialize(1, Device.Cpu), transformer), TinyClip.Tokenizer);
        string[] names = ["photo.png", "missing.png", "text.png", "x.safetensors", "y.safetensors", "missing.safetensors", "tiny", "tiny/model.safetensors", "vit"];

        var (code, output, error) = await Run([.. arguments.Select(argument => names.Contains(argument) ? _folder.File(argument) : argument), "--out", _folder.File("new.png")]);

        Assert.Equal((expected, ""), (code, output));
        var line = Assert.Single(error.TrimEnd('\n').Split('\n'), line => line.StartsWith("pagoda: ", StringComparison.Ordinal));
        Assert.Contains(sentence, line, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("new.png")));
    }

    private string[] Training(string steps = "4") =>
        [Photo, "a cat", "--critic", Tiny, "--features", Tiny, "--size", "16", "--steps", steps, "--patches", "2", "--seed", "1", "--out", _folder.File("styled.png")];

    private (int Width, int Height) Size(string file)
    {
        var picture = PictureFile.Load(_folder.File(file));
        return (picture.Width, picture.Height);
    }

    private Task<(int Code, string Output, string Error)> Train(params string[] more) => Run([.. Training(), .. more]);

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandLine.RunAsync(["style", .. arguments], output, error);
        return (code, output.ToString(), error.ToString());
    }
}
