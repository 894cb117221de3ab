using Pagoda.Cli;
using Pagoda.Formats.Images;

namespace Pagoda.Tests.Training;

[Trait("Host", "small")]
public sealed class TrainCommandTests : IDisposable
{
    private readonly TinyTraining _tiny = new();

    [Fact]
    public async Task Train_NewRun_ShowsThePlanTheStepsAndWhereTheModelIs()
    {
        var (code, output, error) = await Run(default, "train", _tiny.Yaml("clipag", 2), "--out", _tiny.File("run"), "--set", "optimizer.batch=4", "seed=7");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("method      clipag", output, StringComparison.Ordinal);
        Assert.Contains("steps       2 of 4 pictures each, 8 in all", output, StringComparison.Ordinal);
        Assert.Contains("M trained, 0.00 M frozen", output, StringComparison.Ordinal);
        Assert.Contains("\nstep 2/2  loss ", output, StringComparison.Ordinal);
        Assert.EndsWith($"done at step 2; the model is in {_tiny.File("run")}\n", output, StringComparison.Ordinal);
        Assert.Contains("batch: 4", File.ReadAllText(_tiny.File("run/training.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_Interrupted_SavesAndSaysHowToGoOn()
    {
        var yaml = _tiny.Yaml("contrastive", 50);
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        var (code, output, _) = await Run(cancel.Token, "train", yaml, "--out", _tiny.File("run"), "--steps", "40");
        Assert.Equal(130, code);
        Assert.Contains("stopped at step 0 of 40; everything is saved", output, StringComparison.Ordinal);
        Assert.EndsWith($"train {yaml} --out {_tiny.File("run")} --set optimizer.steps=40\n", output, StringComparison.Ordinal);
        Assert.True(File.Exists(_tiny.File("run/checkpoint.safetensors")));
    }

    [Fact]
    public async Task Train_ResumeWithNothingThere_IsWrongUsage()
    {
        var (code, _, error) = await Run(default, "train", _tiny.Yaml("contrastive", 5), "--out", _tiny.File("run"), "--resume");
        Assert.Equal(2, code);
        Assert.Contains("has no checkpoint.safetensors to resume", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_WrongKey_IsOneSentenceWithTheLine()
    {
        var yaml = _tiny.Yaml("contrastive", 5, more: "optimiser: 3");
        var (code, _, error) = await Run(default, "train", yaml);
        Assert.Equal(1, code);
        var line = Array.FindIndex(File.ReadAllLines(yaml), text => text.StartsWith("optimiser", StringComparison.Ordinal)) + 1;
        Assert.StartsWith($"pagoda: {yaml}, line {line}: the key optimiser is not known", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_BrokenPictures_AreToldAndLeftOut()
    {
        _tiny.Write("pictures/red_square/broken.png", "no picture");
        var (code, _, error) = await Run(default, "train", _tiny.Yaml("contrastive", 8), "--out", _tiny.File("run"));
        Assert.Equal(0, code);
        Assert.Contains("broken.png", error, StringComparison.Ordinal);
        Assert.Contains("broken.png", await File.ReadAllTextAsync(_tiny.File("run/left-out.jsonl")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Preview_OfAFolder_WritesASheetAndItsCaptions()
    {
        var (code, output, _) = await Run(default, "data", "preview", _tiny.Yaml("contrastive", 5), _tiny.File("sheet.png"), "--count", "9");
        Assert.Equal(0, code);
        Assert.Equal(3 * 18 + 2, PictureFile.Load(_tiny.File("sheet.png")).Width);
        Assert.Equal(9, output.Split('\n').Count(line => line.EndsWith(" square", StringComparison.Ordinal)));
    }

    public void Dispose() => _tiny.Dispose();

    private static async Task<(int Code, string Output, string Error)> Run(CancellationToken cancel, params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandLine.RunAsync(arguments, output, error, cancel);
        return (code, output.ToString(), error.ToString());
    }
}
