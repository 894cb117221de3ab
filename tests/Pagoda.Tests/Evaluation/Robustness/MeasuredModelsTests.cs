using Pagoda.Cli;
using Pagoda.Cli.Commands;
using Pagoda.Evaluation.Alignment;
using Pagoda.Evaluation.Reports;
using Pagoda.Formats.Images;
using Pagoda.Models.Clip;
using Pagoda.Tests.Data;
using Pagoda.Tests.Generation;
using Pagoda.Torch;
using Pagoda.Training.Attacks;

namespace Pagoda.Tests.Evaluation.Robustness;

/// <summary><c>eval robust</c> and <c>eval alignment</c> on tiny random networks.</summary>
public sealed class MeasuredModelsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public MeasuredModelsTests()
    {
        ClipSaver.Save(_folder.File("one"), TinyClip.Model(), TinyClip.Tokenizer);
        ClipSaver.Save(_folder.File("two"), TinyClip.Model(5), TinyClip.Tokenizer);
        foreach (var (name, value) in new[] { ("cat", 40), ("red_apple", 200) })
        {
            for (var i = 0; i < 3; i++)
            {
                byte[] pixels = [.. Enumerable.Range(0, TinyClip.Size * TinyClip.Size * 3).Select(at => (byte)(value + (at * (i + 1) % 37)))];
                _folder.Write($"pictures/{name}/{i}.png", PictureFile.EncodePng(new Picture(TinyClip.Size, TinyClip.Size, 3, pixels)));
            }
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Robust_MeasuresModelsSideBySide_AndGoesOn()
    {
        string[] arguments = ["eval", "robust", "--model", $"first={_folder.File("one")}", "--data", _folder.File("pictures"), "--norm", "linf", "--radius", "8/255", "--steps", "2", "--restarts", "1", "--strong-steps", "2", "--batch", "4", "--device", "cpu", "--out", _folder.File("out")];
        var first = await Run(arguments);
        Assert.Equal((0, ""), (first.Code, first.Error));
        var alone = ReportFiles.Read(_folder.File("out")).Measurements;
        Assert.Equal(["accuracy", "accuracy-pgd", "accuracy-strong"], alone.Select(one => one.Protocol.Measure));
        Assert.True(alone[2].Score!.Value <= alone[1].Score!.Value && alone[1].Score!.Value <= alone[0].Score!.Value);
        Assert.All(alone, one => Assert.Equal(("first", 6L, "complete"), (one.Subject, one.Protocol.Samples, one.Status)));
        Assert.Equal("0.031373", alone[1].Protocol.Settings["radius"]);
        Assert.False(alone[0].Protocol.Settings.ContainsKey("radius"));

        var both = await Run([.. arguments, "--model", _folder.File("two")]);
        Assert.Equal((0, ""), (both.Code, both.Error));
        Assert.Contains("first: measured before", both.Output, StringComparison.Ordinal);
        var table = Assert.Single(ComparisonTable.Of(ReportFiles.Read(_folder.File("out"))));
        Assert.Equal(["first", "two"], table.Subjects);
        Assert.All(table.Columns, column => Assert.True(column.IsComparable, column.Difference));
        Assert.Equal(alone.Select(one => one.Score), ReportFiles.Read(_folder.File("out")).Measurements.Take(3).Select(one => one.Score));

        // Another radius is another measurement.
        Assert.DoesNotContain("measured before", (await Run([.. arguments[..Array.IndexOf(arguments, "8/255")], "4/255", .. arguments[(Array.IndexOf(arguments, "8/255") + 1)..]])).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Alignment_HasControls_AndWarnsOfAJudgeThatJudgesItself()
    {
        var emoji = _folder.File("emoji.bin");
        DrawnEmoji.Library.SaveCache(emoji);
        var (code, _, error) = await Run("eval", "alignment", "--model", _folder.File("one"), _folder.File("two"), "--judge", _folder.File("two"), "--emoji", emoji, "--count", "8", "--steps", "2", "--device", "cpu", "--out", _folder.File("out"));
        Assert.Equal((0, ""), (code, error));
        var numbers = ReportFiles.Read(_folder.File("out")).Measurements;
        Assert.Equal(["alignment-target", "alignment-target-random", "alignment-target-own", "alignment-concentration", "alignment-coarseness"], numbers.Take(5).Select(one => one.Protocol.Measure));
        Assert.Null(numbers[0].Warning);
        Assert.StartsWith("WARNING: two", numbers[5].Warning, StringComparison.Ordinal);
        Assert.Equal(numbers[5].Score, numbers[7].Score);
        Assert.NotNull(numbers[0].OnReal);
        // 0.1 of root mean square over 3 x 16 x 16 values.
        Assert.Equal("2.771281", numbers[0].Protocol.Settings["radius"]);
        Assert.Equal(10, numbers.Count);
    }

    [Fact]
    public async Task Robust_Interrupted_KeepsNothingOfTheModel()
    {
        using var cancel = new CancellationTokenSource();
        var running = Run(cancel.Token, "eval", "robust", "--model", _folder.File("one"), "--data", _folder.File("pictures"), "--radius", "1", "--steps", "1000000", "--restarts", "1000", "--device", "cpu", "--out", _folder.File("out"));
        await Task.Delay(300);
        await cancel.CancelAsync();
        Assert.Equal(ExitCodes.Interrupted, (await running).Code);
        Assert.False(Directory.Exists(_folder.File("out")));
    }

    [Theory]
    [InlineData("robust --radius 1", 2, "name pictures with --data")]
    [InlineData("robust --radius far --data pictures", 2, "--radius far is no length")]
    [InlineData("robust --radius 4/0 --data pictures", 2, "--radius 4/0 is no length")]
    [InlineData("robust --radius -1 --data pictures", 2, "is no length")]
    [InlineData("robust --radius 1 --norm l1 --data pictures", 2, "--norm l1 is not known")]
    [InlineData("robust --radius 1 --steps 0 --data pictures", 2, "1 or more")]
    [InlineData("robust --radius 1 --count 0 --data pictures", 2, "1 or more")]
    [InlineData("robust --radius 1 --templates picture --data pictures", 2, "needs {} where the name goes")]
    [InlineData("robust --radius 1 --data pictures/cat/0.png", 1, "0.png")]
    [InlineData("robust --radius 1 --data pictures --model one", 2, "two models are called one")]
    [InlineData("robust --radius 1 --data pictures --device moon", 2, "is no device")]
    [InlineData("alignment --judge one --data pictures --steps 0", 2, "--steps is 1 or more")]
    [InlineData("alignment --judge nowhere --data pictures", 1, "nowhere")]
    public async Task WrongUse_IsSaidInASentence(string arguments, int expected, string because)
    {
        string[] words = [.. arguments.Split(' ').Select(word => word.StartsWith("pictures", StringComparison.Ordinal) || word == "one" ? _folder.File(word) : word)];
        var (code, _, error) = await Run(["eval", .. words, "--model", _folder.File("one"), .. words.Contains("--device") ? Array.Empty<string>() : ["--device", "cpu"], .. words.Contains("--steps") || words[0] == "alignment" ? Array.Empty<string>() : ["--steps", "1"]]);
        Assert.Contains(because, error, StringComparison.Ordinal);
        Assert.Equal(expected, code);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    /// <summary>A model that looks at the same pixels as the judge makes pictures that the judge takes for the target; one that looks at others makes them for itself alone.</summary>
    [Fact]
    public void TargetedChange_TellsAModelThatSeesWhatTheJudgeSees()
    {
        using var scope = new TensorScope();
        Generator.Seed(3);
        const int Classes = 4;
        var images = (Ops.Rand([40, 3, 8, 8]) * 0.2) + 0.4;
        var (left, right) = (Ops.Zeros([Classes, 3, 8, 8]), Ops.Zeros([Classes, 3, 8, 8]));
        for (var i = 0; i < Classes; i++)
        {
            left.Select(0, i).Narrow(1, i, 1).Narrow(2, 0, 4).Fill_(1);
            right.Select(0, i).Narrow(1, i, 1).Narrow(2, 4, 4).Fill_(1);
        }

        var (judge, other) = (By(left), By(right));
        int[] labels = [.. judge(images).Argmax(1).ToArray<long>().Select(label => (int)label)];
        var targets = TargetedChange.Targets(labels, Classes, 1);
        Assert.All(labels.Zip(targets), pair => Assert.True(pair.First != pair.Second && pair.Second is >= 0 and < Classes));
        Assert.Equal(Classes, targets.Distinct().Count());

        var change = new AttackOptions { Radius = 1.5, Steps = 5, StepSize = 0.75 };
        var aligned = TargetedChange.Of(judge, judge, images, labels, targets, change, 1, atOnce: 16);
        var misled = TargetedChange.Of(other, judge, images, labels, targets, change, 1, atOnce: 16);
        Assert.Equal((40, 40, 40), (aligned.Judged.Count(hit => hit), aligned.Own.Count(hit => hit), aligned.Real.Count(hit => hit)));
        Assert.Equal(40, misled.Own.Count(hit => hit));
        Assert.Equal(0, misled.Judged.Count(hit => hit));
        Assert.InRange(aligned.Random.Count(hit => hit), 0, 20);
        Assert.Equal(aligned.Random, misled.Random);

        static Func<Tensor, Tensor> By(Tensor weights) => x => (x - 0.5).Flatten(1).Matmul(weights.Flatten(1).T());
    }

    private static Task<(int Code, string Output, string Error)> Run(params string[] arguments) => Run(default, arguments);

    private static async Task<(int Code, string Output, string Error)> Run(CancellationToken cancellation, params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandLine.RunAsync(arguments, output, error, cancellation);
        return (code, output.ToString(), error.ToString());
    }
}
