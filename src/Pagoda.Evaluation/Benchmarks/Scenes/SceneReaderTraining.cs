using Pagoda.Torch;

namespace Pagoda.Evaluation.Benchmarks.Scenes;

/// <summary>How a <see cref="SceneReader"/> is trained.</summary>
public sealed record SceneReaderOptions
{
    /// <summary>Steps in all.</summary>
    public int Steps { get; init; } = 2000;

    /// <summary>Scenes a step.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>Highest learning rate of AdamW.</summary>
    public double LearningRate { get; init; } = 0.001;

    /// <summary>Steps of linear rise.</summary>
    public int WarmUp { get; init; } = 50;

    /// <summary>Decoupled weight decay on matrices and kernels.</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>Decay of the moving average that is kept.</summary>
    public double AverageDecay { get; init; } = 0.99;

    /// <summary>Seed of weights and scenes; neither the painters' nor the questions'.</summary>
    public ulong Seed { get; init; } = 6001;
}

/// <summary>Trains a <see cref="SceneReader"/> on composed scenes by cross-entropy; goes on where it was stopped.</summary>
public static class SceneReaderTraining
{
    private const int SaveEvery = 100;

    /// <summary>Trains to the end and writes the reader, unless the file has it already. Beside the file, <c>NAME.checkpoint.safetensors</c> is to go on from until then.</summary>
    /// <param name="questions">The things, and scenes of them.</param>
    /// <param name="path">The reader's file.</param>
    /// <param name="options">How.</param>
    /// <param name="report">Told of step and loss.</param>
    /// <param name="cancel">Ends it; the next call with the same options goes on, to the same bits.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is of a reader that is trained in another way.</exception>
    public static SceneReader Run(SceneQuestions questions, string path, SceneReaderOptions options, Action<int, double> report, CancellationToken cancel)
    {
        var made = $"{options} {string.Join(',', questions.Things)}";
        if (File.Exists(path) && SceneReader.Load(path, made) is { } trained)
        {
            return trained;
        }

        var composers = questions.ForTraining();
        using var reader = new SceneReader(Weights.Initialize(options.Seed, LibTorch.DefaultDevice), questions.Things);
        var training = new JudgeTraining(
            reader.Weights, options.LearningRate, options.WarmUp, options.Steps, options.WeightDecay, options.AverageDecay, Path.ChangeExtension(path, ".checkpoint.safetensors"), made);
        const int Length = 3 * SceneReader.ImageSize * SceneReader.ImageSize;
        while (training.Step < options.Steps)
        {
            if (cancel.IsCancellationRequested)
            {
                training.Save();
                cancel.ThrowIfCancellationRequested();
            }

            using var scope = new TensorScope();
            var (pixels, truths) = (new float[options.Batch * Length], new SceneReading[options.Batch]);
            var first = (long)training.Step * options.Batch;
            Parallel.For(0, options.Batch, i => truths[i] = reader.TruthOf(composers[i % 2].Compose(options.Seed, first + i, pixels.AsSpan(i * Length, Length))));
            var scores = reader.Scores(Tensor.From(pixels, options.Batch, 3, SceneReader.ImageSize, SceneReader.ImageSize).To(device: LibTorch.DefaultDevice));
            Func<SceneReading, int>[] heads = [one => one.Kind, one => one.Place, one => one.First, one => one.Second, one => one.FirstColor, one => one.SecondColor];
            var loss = scores.Zip(heads, (score, head) => score.CrossEntropyLoss(Tensor.From(Array.ConvertAll(truths, truth => (long)head(truth))).To(device: LibTorch.DefaultDevice))).Aggregate((a, b) => a + b);
            training.Learn(loss);
            report(training.Step, loss.ToDouble());
            if (training.Step % SaveEvery == 0 && training.Step < options.Steps)
            {
                training.Save();
            }
        }

        reader.Save(path, made, training.Average);
        training.Forget();
        return SceneReader.Load(path)!;
    }
}
