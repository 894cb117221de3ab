using Pagoda.Cli;
using Pagoda.Cli.Demonstrations;
using Pagoda.Formats.Images;
using Pagoda.Tests.Training;

namespace Pagoda.Tests.Cli;

public sealed class DemoCommandTests : IDisposable
{
    private readonly TinyTraining _tiny = new();

    [Fact]
    public async Task Gradients_OfPictures_DrawsEachModelsGradientAndPainting()
    {
        _tiny.Run(_tiny.Options("contrastive", 3), "plain");
        _tiny.Run(_tiny.Options("clipag", 3), "robust");
        var (code, output, error) = await Run(
            "--plain", _tiny.File("plain"), "--robust", _tiny.File("robust"), "--steps", "2", "--out", _tiny.File("sheet.png"),
            "--pictures", _tiny.File("pictures/red_square/0.png"), _tiny.File("pictures/blue_square/1.png"), "--captions", "red square", "blue square");
        Assert.Equal((0, ""), (code, error));
        Assert.EndsWith("sheet.png: the picture, the gradient of plain, robust, then what each paints from the same start\n", output, StringComparison.Ordinal);
        var sheet = PictureFile.Load(_tiny.File("sheet.png"));
        Assert.Equal(8 + 5 * (128 + 8), sheet.Width);
        // The first cell is the first picture, enlarged eightfold: its middle is red.
        var middle = sheet.Pixels.AsSpan((((24 + 3 * 22) + 64) * sheet.Width + 8 + 64) * 3, 3).ToArray();
        Assert.Equal([220, 30, 30], middle.Select(value => (int)value));
    }

    [Fact]
    public async Task Gradients_NothingToShow_IsWrongUsage()
    {
        _tiny.Run(_tiny.Options("contrastive", 1), "plain");
        var (code, _, error) = await Run("--plain", _tiny.File("plain"), "--robust", _tiny.File("plain"), "--out", _tiny.File("sheet.png"));
        Assert.Equal(2, code);
        Assert.Contains("name --emoji to compose scenes from, or --pictures", error, StringComparison.Ordinal);
    }

    [Fact]
    public void BitmapFont_Letters_AreAllDifferent()
    {
        var drawn = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.,':".Select(letter =>
        {
            var pixels = new List<(int, int)>();
            BitmapFont.Draw(letter.ToString(), (x, y) => pixels.Add((x, y)));
            Assert.All(pixels, pixel => Assert.True(pixel.Item1 is >= 0 and < BitmapFont.Width && pixel.Item2 is >= 0 and < BitmapFont.Height));
            return string.Concat(pixels);
        }).ToArray();
        Assert.DoesNotContain("", drawn);
        Assert.Equal(drawn.Length, drawn.Distinct().Count());
        Assert.Equal(11, BitmapFont.Measure("ab"));
    }

    public void Dispose() => _tiny.Dispose();

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandLine.RunAsync(["demo", "gradients", .. arguments], output, error);
        return (code, output.ToString(), error.ToString());
    }
}
