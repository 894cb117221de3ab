using Pagoda.Data.Scenes;
using Pagoda.Evaluation.Benchmarks.Scenes;
using Pagoda.Tests.Data;
using Pagoda.Torch;

namespace Pagoda.Tests.Evaluation.Benchmarks;

[Trait("Host", "small")]
public sealed class EvalSceneTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Questions_SayTheTruthOfTheirScenes_AndNoMore()
    {
        var questions = new SceneQuestions(DrawnEmoji.Library, 40);
        Assert.True(questions.Things.Count >= 6);
        foreach (var unseen in new[] { false, true })
        {
            foreach (var color in questions.Ask(SceneTask.Color, unseen, 8, 1))
            {
                Assert.Contains($"{color.Truth.Objects[0].Recolor} {color.Truth.Objects[0].Key} and ", color.Prompt, StringComparison.Ordinal);
                Assert.EndsWith($"{color.Truth.Objects[1].Recolor} {color.Truth.Objects[1].Key}", color.Prompt, StringComparison.Ordinal);
            }

            foreach (var count in questions.Ask(SceneTask.Count, unseen, 8, 1))
            {
                Assert.StartsWith(new[] { "two", "three", "four" }[count.Truth.Objects.Count - 2], count.Prompt, StringComparison.Ordinal);
            }

            foreach (var relation in questions.Ask(SceneTask.Relation, unseen, 8, 1))
            {
                var (one, two) = (relation.Truth.Objects[0], relation.Truth.Objects[1]);
                Assert.Contains(one.X < two.X && relation.Truth.Relation == Relation.LeftOf ? " to the left of " : " above ", relation.Prompt, StringComparison.Ordinal);
            }
        }

        Assert.Equal(questions.Ask(SceneTask.Color, true, 3, 1).Select(one => one.Prompt), questions.Ask(SceneTask.Color, true, 8, 1).Take(3).Select(one => one.Prompt));
        Assert.Equal(5, new SceneQuestions(DrawnEmoji.Library, 5).Things.Count);
        Assert.Throws<InvalidDataException>(() => new SceneQuestions(new EmojiLibrary([]), 5));
    }

    [Fact]
    public void Unseen_IsWhatIsAsked()
    {
        var questions = new SceneQuestions(DrawnEmoji.Library, 40);
        var heldOut = new SceneComposer(DrawnEmoji.Library, new SceneOptions { Size = 16 }).HeldOut;
        Assert.All(questions.Ask(SceneTask.Color, true, 8, 1), one => Assert.Contains(one.Truth.Objects, thing => heldOut.Contains(thing.Recolor!, thing.Key)));
        Assert.All(questions.Ask(SceneTask.Color, false, 8, 1), one => Assert.DoesNotContain(one.Truth.Objects, thing => heldOut.Contains(thing.Recolor!, thing.Key)));
        Assert.All(questions.Ask(SceneTask.Relation, true, 8, 1), one => Assert.True(heldOut.Contains(one.Truth.Objects[0].Key, one.Truth.Relation, one.Truth.Objects[1].Key)));
    }

    [Fact]
    public void IsRight_TakesColoursWhereverTheyStand_AndPlacesOnlyAsAsked()
    {
        var questions = new SceneQuestions(DrawnEmoji.Library, 40);
        using var reader = new SceneReader(Weights.Initialize(1, Device.Cpu), questions.Things);
        foreach (var task in Enum.GetValues<SceneTask>())
        {
            foreach (var question in questions.Ask(task, false, 4, 2))
            {
                var truth = reader.TruthOf(question.Truth);
                var swapped = truth with { First = truth.Second, FirstColor = truth.SecondColor, Second = truth.First, SecondColor = truth.FirstColor };
                var crossed = truth with { FirstColor = truth.SecondColor, SecondColor = truth.FirstColor };
                Assert.True(reader.IsRight(question, truth));
                Assert.Equal(task != SceneTask.Relation, reader.IsRight(question, swapped));
                Assert.Equal(task != SceneTask.Color, reader.IsRight(question, crossed));
                Assert.Equal(task != SceneTask.Count, reader.IsRight(question, truth with { Kind = (truth.Kind + 1) % 4 }));
            }
        }
    }

    [Fact]
    public void Training_LearnsToTellScenesApart_AndIsKept()
    {
        var questions = new SceneQuestions(DrawnEmoji.Library, 3);
        var options = new SceneReaderOptions { Steps = 30, Batch = 16, WarmUp = 3, LearningRate = 0.002, AverageDecay = 0.8 };
        List<double> losses = [];
        using var reader = SceneReaderTraining.Run(questions, _folder.File("judge.safetensors"), options, (_, loss) => losses.Add(loss), default);
        Assert.True(losses.TakeLast(5).Average() < 0.97 * losses.Take(5).Average(), $"{losses[0]:0.00} to {losses[^1]:0.00}");

        using var kept = SceneReaderTraining.Run(questions, _folder.File("judge.safetensors"), options, (_, _) => Assert.Fail("it is there"), default);
        using var scope = new TensorScope();
        var pictures = Ops.Rand([3, 3, SceneReader.ImageSize, SceneReader.ImageSize], new Generator(1));
        Assert.Equal(reader.Scores(pictures)[2].ToArray<float>(), kept.Scores(pictures)[2].ToArray<float>());
        Assert.Throws<OperationCanceledException>(() => SceneReaderTraining.Run(questions, _folder.File("judge.safetensors"), options with { Steps = 31 }, (_, _) => { }, new CancellationToken(true)));
    }

    [Fact]
    public void Training_StoppedAndGoneOnWith_EndsWithTheSameBytes()
    {
        var questions = new SceneQuestions(DrawnEmoji.Library, 3);
        var options = new SceneReaderOptions { Steps = 6, Batch = 4, WarmUp = 1 };
        SceneReaderTraining.Run(questions, _folder.File("whole.safetensors"), options, (_, _) => { }, default).Dispose();

        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => SceneReaderTraining.Run(questions, _folder.File("parts.safetensors"), options, (step, _) => StopAt(step), stop.Token));
        Assert.True(File.Exists(_folder.File("parts.checkpoint.safetensors")));
        Assert.Throws<InvalidDataException>(() => SceneReaderTraining.Run(questions, _folder.File("parts.safetensors"), options with { Steps = 7 }, (_, _) => { }, default));
        List<int> steps = [];
        SceneReaderTraining.Run(questions, _folder.File("parts.safetensors"), options, (step, _) => steps.Add(step), default).Dispose();
        Assert.Equal([4, 5, 6], steps);
        Assert.Equal(File.ReadAllBytes(_folder.File("whole.safetensors")), File.ReadAllBytes(_folder.File("parts.safetensors")));
        Assert.False(File.Exists(_folder.File("parts.checkpoint.safetensors")));

        void StopAt(int step)
        {
            if (step == 3)
            {
                stop.Cancel();
            }
        }
    }
}
