using Pagoda.Evaluation.Captioning;
using Pagoda.Formats.Images;
using Pagoda.Models.Captioner;
using Pagoda.Tests.Data;
using Pagoda.Tests.Training;
using Pagoda.Torch;

namespace Pagoda.Tests.Evaluation.Captioning;

public sealed class CaptionScoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Check_CountsPicturesWhoseOwnCaptionIsTheLikeliest()
    {
        Picture[] pictures = [.. Enumerable.Range(0, 12).Select(i => TinyTraining.Square((byte)(20 * i), 0, 0, 2))];
        string[] captions = [.. Enumerable.Range(0, 12).Select(i => $"{i}")];
        // Finds the caption of the right number, but for the first three pictures, where it likes every other better.
        var judge = new Made((shade, caption) => (caption == $"{shade / 20}") == (shade >= 60) ? -0.5 : -2);
        var accuracy = CaptionScore.Check(judge, pictures, captions, choices: 5);
        Assert.Equal((5, 0.75), (accuracy.Choices, accuracy.Found.Value));
        Assert.Equal(((9 * -0.5) + (3 * -2)) / 12.0, accuracy.Own.Value, 9);
        Assert.Equal(((9 * -2) + (3 * -0.5)) / 12.0, accuracy.Others.Value, 9);
        Assert.True(accuracy.Own.Low <= accuracy.Own.Value && accuracy.Own.Value <= accuracy.Own.High);
    }

    [Fact]
    public void Check_EqualCaptions_AreNoWrongOnes()
    {
        Picture[] pictures = [.. Enumerable.Range(0, 4).Select(i => TinyTraining.Square((byte)i, 0, 0, 2))];
        string[] captions = ["cat", "cat", "dog", "dog"];
        var found = CaptionScore.Check(new Made((shade, caption) => caption == captions[shade] ? -1 : -2), pictures, captions, choices: 2);
        Assert.Equal((1, -1, -2), (found.Found.Value, found.Own.Value, found.Others.Value));
        Assert.Throws<ArgumentException>(() => CaptionScore.Check(new Made((_, _) => 0), pictures, captions, choices: 3));
    }

    [Fact]
    public void Of_ALikelihoodThatIsNoNumber_IsRefused() =>
        Assert.Throws<InvalidDataException>(() => CaptionScore.Of(new Made((_, _) => double.NaN), [TinyTraining.Square(1, 2, 3, 2)], ["cat"]));

    [Fact]
    public void Captioner_BringsPicturesToItsSize_AndBatchesChangeNothing()
    {
        using var tiny = new TinyTraining();
        tiny.Run(tiny.Options("captioner", 2, "model.vocabulary_size=520"), "run");
        using var loaded = CaptionerLoader.Load(tiny.File("run"), Device.Cpu);
        Picture[] pictures = [TinyTraining.Square(250, 0, 0, 3), new Picture(40, 24, 1, [.. Enumerable.Range(0, 960).Select(i => (byte)i)]), TinyTraining.Square(0, 0, 250, 3)];
        string[] captions = ["red square", "blue", "a white square"];
        var (one, all) = (new Captioner(loaded, batch: 1), new Captioner(loaded));
        Assert.All(one.LogLikelihoods(pictures, captions).Zip(all.LogLikelihoods(pictures, captions)), pair => Assert.Equal(pair.First, pair.Second, 4));
        Assert.All(all.LogLikelihoods(pictures, captions), value => Assert.InRange(value, -20, 0));
        Assert.Equal((loaded.Hash, 3), (all.Weights, all.Captions(pictures).Count));
        Assert.Throws<ArgumentException>(() => all.LogLikelihoods(pictures, ["one"]));
    }

    /// <summary>A captioner that is told what to find: of the shade of red in a picture's middle, and of the caption.</summary>
    private sealed class Made(Func<int, string, double> likelihood) : ICaptioner
    {
        public string Name => "made";

        public string Weights => "";

        public IReadOnlyList<double> LogLikelihoods(IReadOnlyList<Picture> pictures, IReadOnlyList<string> captions) =>
            [.. pictures.Zip(captions, (picture, caption) => likelihood(picture.Pixels[3 * ((picture.Width * (picture.Height / 2)) + (picture.Width / 2))], caption))];
    }
}
