using Pagoda.Evaluation.Classifier;
using Pagoda.Tests.Data;
using Pagoda.Torch;

namespace Pagoda.Tests.Evaluation;

[Trait("Host", "small")]
public sealed class SceneClassifierTests : IDisposable
{
    private static readonly ClassifierOptions s_options = new() { Steps = 6, Batch = 8, WarmUp = 1, SaveEvery = 2 };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_StoppedAndGoneOnWith_EndsWithTheSameBits()
    {
        Assert.True(ClassifierTraining.Run(DrawnEmoji.Library, _folder.File("whole"), s_options, null, (_, _, _) => { }));

        using var stop = new CancellationTokenSource();
        var last = 0;
        Assert.False(ClassifierTraining.Run(DrawnEmoji.Library, _folder.File("parts"), s_options, null, StopAtThree, stop.Token, reportEvery: 1));
        Assert.Equal(3, last);
        Assert.True(ClassifierTraining.Run(DrawnEmoji.Library, _folder.File("parts"), s_options, null, (_, _, _) => { }));

        Assert.Equal(File.ReadAllBytes(ClassifierTraining.FileIn(_folder.File("whole"))), File.ReadAllBytes(ClassifierTraining.FileIn(_folder.File("parts"))));
        Assert.Throws<InvalidDataException>(() => ClassifierTraining.Run(DrawnEmoji.Library, _folder.File("parts"), s_options with { Steps = 8 }, null, (_, _, _) => { }));

        void StopAtThree(int step, double loss, double accuracy)
        {
            last = step;
            if (step == 3)
            {
                stop.Cancel();
            }
        }
    }

    [Fact]
    public void Run_ManySteps_LearnsToTellDiscsApart()
    {
        var last = 0.0;
        ClassifierTraining.Run(DrawnEmoji.Library, _folder.File("run"), s_options with { Steps = 60, Batch = 16, WarmUp = 5 }, null, (_, loss, _) => last = loss);
        // Fourteen things by chance are ln 14 = 2.64.
        Assert.InRange(last, 0, 2.3);
    }

    [Fact]
    public void Load_GivesTheSameFeaturesAndNames()
    {
        using var scope = new TensorScope();
        using var classifier = new SceneClassifier(Weights.Initialize(3, Device.Cpu), ["cat", "red \"apple\""]);
        classifier.Save(_folder.File("classifier.safetensors"));
        using var loaded = SceneClassifier.Load(_folder.File("classifier.safetensors"));
        var pictures = Ops.Rand([2, 3, SceneClassifier.ImageSize, SceneClassifier.ImageSize]);
        Assert.Equal(classifier.Features(pictures).ToArray<float>(), loaded.Features(pictures).ToArray<float>());
        Assert.Equal(classifier.Classes, loaded.Classes);
        Assert.Equal([2L, SceneClassifier.FeatureCount], loaded.Features(pictures).Shape.ToArray());
        Assert.Equal([2L, 2], loaded.Scores(loaded.Features(pictures)).Shape.ToArray());
    }
}
