using System.Globalization;
using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;
using Pagoda.Torch.Optimizers;

namespace Pagoda.Evaluation;

/// <summary>
/// What the trainings of judges have in common: AdamW under a cosine schedule, a moving average, and a checkpoint (one safetensors file, replaced as a whole) from which
/// training goes on to the bit.
/// </summary>
internal sealed class JudgeTraining
{
    private const double LargestNorm = 1;
    private readonly (string Name, Tensor Tensor)[] _trained;
    private readonly AdamW _optimizer;
    private readonly ExponentialMovingAverage _average;
    private readonly CosineSchedule _schedule;
    private readonly string _path;
    private readonly string _made;

    /// <summary>Begins, or takes up the checkpoint that is there.</summary>
    /// <param name="weights">The judge's; they become trainable.</param>
    /// <param name="learningRate">Highest learning rate.</param>
    /// <param name="warmUp">Steps of linear rise.</param>
    /// <param name="steps">Steps in all.</param>
    /// <param name="weightDecay">Decoupled weight decay on matrices and kernels.</param>
    /// <param name="averageDecay">Decay of the moving average.</param>
    /// <param name="path">The checkpoint's file.</param>
    /// <param name="made">What else decides the result: another checkpoint's is refused.</param>
    /// <exception cref="InvalidDataException">The checkpoint is of another training, or damaged.</exception>
    public JudgeTraining(Weights weights, double learningRate, int warmUp, int steps, double weightDecay, double averageDecay, string path, string made)
    {
        weights.SetTrainable("", true);
        _trained = [.. weights.Parameters.Select(pair => (pair.Key, pair.Value))];
        _optimizer = new AdamW(
            [
                new ParameterGroup([.. _trained.Where(p => p.Tensor.Dimensions >= 2)], weightDecay),
                new ParameterGroup([.. _trained.Where(p => p.Tensor.Dimensions < 2)], 0),
            ],
            learningRate);
        _average = new ExponentialMovingAverage(_trained, averageDecay);
        _schedule = new CosineSchedule(learningRate, warmUp, steps);
        (_path, _made) = (path, made);
        Resume();
    }

    /// <summary>Steps done.</summary>
    public int Step { get; private set; }

    /// <summary>Where the data was when the checkpoint was written; null when training begins, or where nothing was given.</summary>
    public string? Position { get; private set; }

    /// <summary>The moving average of the weights.</summary>
    public IReadOnlyDictionary<string, Tensor> Average => _average.Average;

    /// <summary>Takes a step down the gradient of a loss.</summary>
    public void Learn(Tensor loss)
    {
        _optimizer.LearningRate = _schedule.At(Step);
        _optimizer.ZeroGrad();
        Autograd.Backward(loss);
        _optimizer.ClipGradients(LargestNorm);
        _optimizer.Step();
        _average.Update(Step++);
    }

    /// <summary>Writes the checkpoint.</summary>
    /// <param name="position">Where the data is; null where it follows from the step.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Save(string? position = null)
    {
        using var scope = new TensorScope();
        var facts = new Dictionary<string, string> { ["step"] = Step.ToString(CultureInfo.InvariantCulture), ["options"] = _made };
        if (position is not null)
        {
            facts["scenes"] = position;
        }

        SafetensorsWriter.Write(
            _path,
            _trained.Select(item => ("model." + item.Name, item.Tensor))
                .Concat(Average.Select(pair => ("average." + pair.Key, pair.Value)))
                .Concat(_optimizer.State.Select(item => ("optimizer." + item.Name, item.Tensor)))
                .Select(item => new TensorToWrite(item.Item1, item.Item2.Type, item.Item2.Shape.ToArray(), item.Item2.ToBytes())),
            facts,
            overwrite: true);
    }

    /// <summary>Removes the checkpoint, once the judge itself is written.</summary>
    public void Forget() => File.Delete(_path);

    private void Resume()
    {
        if (!File.Exists(_path))
        {
            return;
        }

        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        using var file = SafetensorsFile.Open(_path);
        if (file.Metadata.GetValueOrDefault("options") != _made)
        {
            throw new InvalidDataException($"{_path} is of a judge that is trained in another way; name another folder, or remove it.");
        }

        if (!int.TryParse(file.Metadata.GetValueOrDefault("step"), CultureInfo.InvariantCulture, out var step))
        {
            throw new InvalidDataException($"{_path} does not say its step; remove it to begin again.");
        }

        foreach (var (name, tensor) in _trained)
        {
            tensor.Copy_(Read("model.")(name) ?? throw new InvalidDataException($"{_path} lacks the weight {name}; remove it to begin again."));
        }

        _average.Restore(Read("average."));
        _optimizer.Restore(step, Read("optimizer."));
        (Step, Position) = (step, file.Metadata.GetValueOrDefault("scenes"));

        Func<string, Tensor?> Read(string prefix) => name => file.Entries.TryGetValue(prefix + name, out var entry)
            ? Tensor.FromBytes(file.ReadBytes(prefix + name), entry.Type, entry.Shape)
            : null;
    }
}
