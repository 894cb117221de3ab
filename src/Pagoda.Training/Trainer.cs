using System.Globalization;
using Pagoda.Data;
using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;
using Pagoda.Torch.Optimizers;
using Pagoda.Training.Objectives;

namespace Pagoda.Training;

/// <summary>A step as the log shows it.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">The loss.</param>
/// <param name="Accuracy">Share of pictures whose own caption is the nearest of the batch.</param>
/// <param name="Figures">The objective's further figures.</param>
/// <param name="ImagesPerSecond">Since the last report.</param>
/// <param name="Left">Time left at this rate.</param>
public sealed record TrainingReport(
    long Step, long Steps, double Loss, double Accuracy, IReadOnlyList<(string Name, double Value)> Figures, double ImagesPerSecond, TimeSpan Left);

/// <summary>
/// Trains a CLIP model in a run folder: <c>checkpoint.safetensors</c> to go on from, bit for bit, the model as
/// <c>model.safetensors</c> with its <c>config.json</c> and <c>tokenizer.json</c>, and the figures as <c>log.jsonl</c>.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly RunFolder _folder;
    private readonly ClipModel _model;
    private readonly ClipTokenizer _tokenizer;
    private readonly IBatchSource _data;
    private readonly IObjective _objective;
    private readonly AdamW _optimizer;
    private readonly ExponentialMovingAverage? _average;
    private readonly CosineSchedule _schedule;
    private readonly (string Name, Tensor Tensor)[] _trained;
    private long _step;
    private long _savedStep = -1;

    /// <summary>Builds a run, or takes up the one in the folder; the trainer disposes folder and batches.</summary>
    internal Trainer(
        TrainingOptions options, RunFolder folder, (ClipModel Model, ClipTokenizer Tokenizer) start, TrainingData data, IReadOnlySet<string> changed)
    {
        (_options, _folder) = (options, folder);
        (_model, _tokenizer) = start;
        Generator.Seed(options.Seed);
        _trained = Trainable(_model, options.Model.FreezeText);
        var autocast = options.Autocast ?? (_model.Device.Type == DeviceType.Cuda || LibTorch.HasFastBFloat16);
        _objective = Objective(options, new TowerPair(_model, autocast));
        var optimizer = options.Optimizer;
        // Decay pulls matrices and kernels to zero; gains, biases and the logit scale have their own right values (open_clip does the same).
        _optimizer = new AdamW(
            [
                new ParameterGroup([.. _trained.Where(p => p.Tensor.Dimensions >= 2)], optimizer.WeightDecay),
                new ParameterGroup([.. _trained.Where(p => p.Tensor.Dimensions < 2)], 0),
            ],
            optimizer.LearningRate, beta2: optimizer.Beta2);
        _schedule = new CosineSchedule(optimizer.LearningRate, optimizer.WarmUp, optimizer.Steps, optimizer.LearningRate * optimizer.FinalShare);
        _average = optimizer.AverageDecay > 0 ? new ExponentialMovingAverage(_trained, optimizer.AverageDecay) : null;
        _data = data.Batches();
        try
        {
            Resume(changed);
        }
        catch
        {
            _data.Dispose();
            throw;
        }

        Plan = Describe(data, autocast);
    }

    /// <summary>Steps done.</summary>
    public long Step => _step;

    /// <summary>What it does.</summary>
    public TrainingPlan Plan { get; }

    /// <summary>Trains to the end, or until cancelled: the step under way is finished and saved.</summary>
    /// <param name="report">Told of the figures.</param>
    /// <param name="cancel">Ends the run early.</param>
    /// <param name="reportEvery">Steps between reports; 0 takes those between the lines of the log.</param>
    /// <exception cref="TrainingException">The loss or its gradient is not finite; the last checkpoint is kept.</exception>
    public void Run(Action<TrainingReport> report, CancellationToken cancel, int reportEvery = 0)
    {
        reportEvery = reportEvery > 0 ? reportEvery : _options.LogEvery;
        _folder.WriteOptions(_options);
        using var log = new TrainingLog(_folder.Path, _step);
        var rate = new StepRate(_step);
        while (_step < _options.Optimizer.Steps && !cancel.IsCancellationRequested)
        {
            using var scope = new TensorScope();
            var (result, loss) = TrainStep();
            _step++;
            var (logs, last) = (_step % _options.LogEvery == 0, _step == _options.Optimizer.Steps);
            if (logs || last || _step % reportEvery == 0)
            {
                var each = rate.At(_step, mark: logs);
                var figures = new TrainingReport(
                    _step, _options.Optimizer.Steps, loss, result.Accuracy.ToDouble(),
                    [.. result.Figures.Select(figure => (figure.Name, figure.Value.ToDouble()))],
                    each * _options.Optimizer.Batch, TimeSpan.FromSeconds((_options.Optimizer.Steps - _step) / each));
                if (logs || last)
                {
                    log.Write(figures, _optimizer.LearningRate);
                }

                if (last || _step % reportEvery == 0)
                {
                    report(figures);
                }
            }

            if (_step % _options.SaveEvery == 0)
            {
                Save();
            }
        }

        if (_savedStep != _step)
        {
            Save();
        }
    }

    /// <summary>Ends the data's threads and leaves the folder.</summary>
    public void Dispose()
    {
        _data.Dispose();
        _folder.Dispose();
    }

    private (ObjectiveResult Result, double Loss) TrainStep()
    {
        var batch = _data.Next(_options.Optimizer.Batch);
        var images = Tensor.From(batch.Images, batch.Count, 3, batch.Size, batch.Size).To(device: _model.Device);
        var length = _model.Config.Text.ContextLength;
        var tokens = Tensor.From(_tokenizer.Tokenize(batch.Captions, length), batch.Count, length).To(device: _model.Device);
        var result = _objective.Compute(images, tokens);
        var loss = result.Loss.ToDouble();
        ThrowIfDiverged("loss", loss);
        _optimizer.LearningRate = _schedule.At(_step);
        _optimizer.ZeroGrad();
        Autograd.Backward(result.Loss);
        ThrowIfDiverged("gradient's norm", _optimizer.ClipGradients(_options.Optimizer.ClipNorm));
        _optimizer.Step();
        if (_model.LogitScale.RequiresGrad)
        {
            using var frozen = GradMode.Disable();
            _model.LogitScale.Clamp_(0, Math.Log(_options.Optimizer.MaxLogitScale));
        }

        _average?.Update(_step);
        return (result, loss);
    }

    /// <summary>Stops before weights are changed by what is no number.</summary>
    private void ThrowIfDiverged(string what, double value)
    {
        if (double.IsFinite(value))
        {
            return;
        }

        var kept = File.Exists(_folder.Checkpoint)
            ? $"the last checkpoint in {_folder.Path} is from before: go on from it with a lower optimizer.learning_rate or another seed (--set KEY=VALUE --force)"
            : "there is no checkpoint yet: begin again with a lower optimizer.learning_rate";
        throw new TrainingException(string.Create(CultureInfo.InvariantCulture, $"The {what} of step {_step + 1} is {value}; {kept}."));
    }

    private static IObjective Objective(TrainingOptions options, TowerPair towers) => options.Method switch
    {
        TrainingMethod.Contrastive => new ContrastiveObjective(towers),
        TrainingMethod.Clipag => new RobustObjective(towers, options.Attack),
        TrainingMethod.Energy => new EnergyObjective(towers, options.Attack, options.Energy),
        _ => throw new InvalidDataException($"method {options.Method} is not known."),
    };

    private static (string Name, Tensor Tensor)[] Trainable(ClipModel model, bool freezeText)
    {
        model.Weights.SetTrainable("", !freezeText);
        model.Weights.SetTrainable("visual.", true);
        return [.. model.Weights.Parameters.Where(p => p.Value.RequiresGrad).Select(p => (p.Key, p.Value))];
    }

    private TrainingPlan Describe(TrainingData data, bool autocast)
    {
        var trained = _trained.Sum(p => p.Tensor.Elements);
        var frozen = _model.Weights.StateDict.Values.Sum(tensor => tensor.Elements) - trained;
        var vision = _model.Config.Vision;
        var origin = _options.Model.From.Length > 0 ? $"from {_options.Model.From}" : $"new, {_model.Config.Text.VocabularySize} tokens";
        return new TrainingPlan(
            _options.Method.ToString().ToLowerInvariant(), $"{vision.Architecture} {vision.ImageSize} x {vision.ImageSize}, {origin}", trained, frozen, data.Description,
            _options.Optimizer.Batch, _options.Optimizer.Steps, _model.Device, autocast, MemoryEstimate.Bytes(_model.Config, trained, frozen, _options, data.Memory));
    }

    private void Save()
    {
        var facts = new Dictionary<string, string>
        {
            ["step"] = _step.ToString(CultureInfo.InvariantCulture),
            ["data"] = _data.Save(),
            ["options"] = TrainingConfigFile.Write(_options),
        };
        using var scope = new TensorScope();
        var generators = new List<(string, Tensor)> { ("generator.cpu", Generator.DefaultState(Device.Cpu)) };
        if (_model.Device.Type == DeviceType.Cuda)
        {
            generators.Add(("generator.cuda", Generator.DefaultState(_model.Device)));
        }

        TrainingCheckpoint.Write(
            _folder.Checkpoint,
            [
                .. Named(TrainingCheckpoint.Model, _model.Weights.StateDict.Select(p => (p.Key, p.Value))),
                .. Named("average.", _average?.Average.Select(p => (p.Key, p.Value)) ?? []),
                .. Named("optimizer.", _optimizer.State),
                .. Named("objective.", _objective.State),
                .. generators,
            ],
            facts);
        ClipSaver.Save(_folder.Path, _model, _tokenizer, average: _average?.Average);
        _savedStep = _step;
    }

    /// <param name="changed">The keys of options that were forced upon the run.</param>
    private void Resume(IReadOnlySet<string> changed)
    {
        if (!File.Exists(_folder.Checkpoint))
        {
            return;
        }

        using var archive = SafetensorsFile.Open(_folder.Checkpoint);
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        _savedStep = _step = TrainingCheckpoint.Number(archive, "step");
        TrainingCheckpoint.ReadWeights(archive, _model.Weights.StateDict);
        _average?.Restore(TrainingCheckpoint.Reader(archive, "average."));
        _optimizer.Restore(_step, TrainingCheckpoint.Reader(archive, "optimizer."));
        if (!changed.Any(key => key.StartsWith("energy.", StringComparison.Ordinal)))
        {
            _objective.Restore(TrainingCheckpoint.Reader(archive, "objective."));
        }

        // Other data begins at its beginning, and another seed is for other randomness than what led here.
        if (!changed.Contains("seed") && !changed.Any(key => key is "data.emoji" or "data.shards" or "data.folder" or "data.shuffle_buffer"))
        {
            _data.Restore(archive.Metadata["data"]);
        }

        if (!changed.Contains("seed"))
        {
            Generator.SetDefaultState(Device.Cpu, TrainingCheckpoint.Reader(archive, "generator.")("cpu")!);
            if (TrainingCheckpoint.Reader(archive, "generator.")("cuda") is { } cuda && _model.Device.Type == DeviceType.Cuda)
            {
                Generator.SetDefaultState(_model.Device, cuda);
            }
        }
    }

    private static IEnumerable<(string, Tensor)> Named(string prefix, IEnumerable<(string Name, Tensor Tensor)> tensors) =>
        tensors.Select(item => (prefix + item.Name, item.Tensor));
}
