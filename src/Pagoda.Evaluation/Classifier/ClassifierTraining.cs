using Pagoda.Data;
using Pagoda.Data.Scenes;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Classifier;

/// <summary>How a <see cref="SceneClassifier"/> is trained.</summary>
public sealed record ClassifierOptions
{
    /// <summary>Steps in all.</summary>
    public int Steps { get; init; } = 400;

    /// <summary>Scenes a step.</summary>
    public int Batch { get; init; } = 128;

    /// <summary>Highest learning rate of AdamW.</summary>
    public double LearningRate { get; init; } = 0.001;

    /// <summary>Steps of linear rise.</summary>
    public int WarmUp { get; init; } = 50;

    /// <summary>Decoupled weight decay on matrices and kernels.</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>Decay of the moving average that is kept as the classifier.</summary>
    public double AverageDecay { get; init; } = 0.99;

    /// <summary>Seed of weights and scenes; another than the painters'.</summary>
    public ulong Seed { get; init; } = 4242;

    /// <summary>Steps between checkpoints.</summary>
    public int SaveEvery { get; init; } = 100;
}

/// <summary>Trains a <see cref="SceneClassifier"/> on composed scenes by cross-entropy; goes on where it was stopped.</summary>
public static class ClassifierTraining
{
    private const string FileName = "classifier.safetensors";
    private const string Progress = "checkpoint.safetensors";

    /// <summary>The finished classifier's place in a run's folder.</summary>
    public static string FileIn(string folder) => Path.Combine(folder, FileName);

    /// <summary>Trains to the end, or until cancelled: then the checkpoint in the folder is to go on from.</summary>
    /// <param name="library">The emoji; what the composer draws from by default is what the classifier names.</param>
    /// <param name="folder">Where <c>checkpoint.safetensors</c> and, in the end, <c>classifier.safetensors</c> are written.</param>
    /// <param name="options">How.</param>
    /// <param name="start">The CLIP whose image tower it begins from; null for new weights.</param>
    /// <param name="report">Told of step, loss and the share that was named right.</param>
    /// <param name="cancel">Ends the run early.</param>
    /// <param name="reportEvery">Steps between reports.</param>
    /// <returns>Whether it came to the end.</returns>
    /// <exception cref="InvalidDataException">The checkpoint in the folder is of another run.</exception>
    public static bool Run(EmojiLibrary library, string folder, ClassifierOptions options, ClipModel? start, Action<int, double, double> report, CancellationToken cancel = default, int reportEvery = 20)
    {
        Directory.CreateDirectory(folder);
        var composer = new SceneComposer(library, Comparison.ScenePrompts.EmbeddedModels with { Size = SceneClassifier.ImageSize, PairShare = 0, EverydayOnly = library.Emoji.Any(emoji => emoji.IsEveryday) });
        string[] classes = [.. library.Emoji.Where(emoji => composer.Options.Shards.Contains(emoji.Shard) && (emoji.IsEveryday || !composer.Options.EverydayOnly)).Select(emoji => emoji.Name).Distinct()];
        var numbers = classes.Index().ToDictionary(pair => pair.Item, pair => (long)pair.Index);
        using var classifier = new SceneClassifier(Weights.Initialize(options.Seed, LibTorch.DefaultDevice), classes);
        if (start is not null)
        {
            classifier.BeginFrom(start);
        }

        // How often a checkpoint is written decides nothing of the result.
        var training = new JudgeTraining(
            classifier.Weights, options.LearningRate, options.WarmUp, options.Steps, options.WeightDecay, options.AverageDecay, Path.Combine(folder, Progress), (options with { SaveEvery = 0 }).ToString());
        using var scenes = new PrefetchingSource(new NamedScenes(composer, options.Seed));
        if (training.Position is { } position)
        {
            scenes.Restore(position);
        }

        while (training.Step < options.Steps && !cancel.IsCancellationRequested)
        {
            using var scope = new TensorScope();
            var batch = scenes.Next(options.Batch);
            var pictures = Tensor.From(batch.Images, batch.Count, 3, batch.Size, batch.Size).To(device: LibTorch.DefaultDevice);
            var names = Tensor.From(Array.ConvertAll(batch.Captions, name => numbers[name])).To(device: LibTorch.DefaultDevice);
            var scores = classifier.Scores(classifier.Features(pictures));
            var loss = scores.CrossEntropyLoss(names);
            training.Learn(loss);
            if (training.Step % reportEvery == 0 || training.Step == options.Steps)
            {
                report(training.Step, loss.ToDouble(), scores.Argmax(-1).Eq(names).To(ScalarType.Float32).Mean().ToDouble());
            }

            if (training.Step % options.SaveEvery == 0 || cancel.IsCancellationRequested)
            {
                training.Save(scenes.Save());
            }
        }

        if (training.Step == options.Steps)
        {
            classifier.Save(FileIn(folder), training.Average);
        }

        return training.Step == options.Steps;
    }
}
