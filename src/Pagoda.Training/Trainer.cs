using System.Diagnostics;
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
/// Trains a CLIP model in a run folder: <c>checkpoint.safetensors</c> to go on from, bit for bit, and the model as
/// <c>model.safetensors</c> with its <c>config.json</c> and <c>tokenizer.json</c>.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly string _folder;
    private readonly ClipModel _model;
    private readonly ClipTokenizer _tokenizer;
    private readonly IBatchSource _data;
    private readonly IObjective _objective;
    private readonly AdamW _optimizer;
    private readonly ExponentialMovingAverage? _average;
    private readonly CosineSchedule _schedule;
    private readonly (string Name, Tensor Tensor)[] _trained;
    private long _step;

    /// <summary>Builds a run, or takes up the one in the folder.</summary>
    /// <param name="options">The run.</param>
    /// <param name="folder">Where its files are.</param>
    /// <param name="start">The model to train and its tokenizer.</param>
    /// <param name="data">The batches.</param>
    public Trainer(TrainingOptions options, string folder, (ClipModel Model, ClipTokenizer Tokenizer) start, IBatchSource data)
    {
        (_options, _folder, _data) = (options, folder, data);
        (_model, _tokenizer) = start;
        Generator.Seed(options.Seed);
        _trained = Trainable(_model, options.Model.FreezeText);
        var autocast = options.Autocast ?? (_model.Device.Type == DeviceType.Cuda || LibTorch.HasFastBFloat16);
        var towers = new TowerPair(_model, autocast);
        _objective = options.Method switch
        {
            TrainingMethod.Contrastive => new ContrastiveObjective(towers),
            TrainingMethod.Clipag => new RobustObjective(towers, options.Attack),
            TrainingMethod.Energy => new EnergyObjective(towers, options.Attack, options.Energy),
            _ => throw new InvalidDataException($"method {options.Method} is not known."),
        };
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
        Resume();
    }

    /// <summary>Steps done.</summary>
    public long Step => _step;

    /// <summary>Trains to the end, or until cancelled: the step under way is finished and saved.</summary>
    public void Run(Action<TrainingReport> report, CancellationToken cancel)
    {
        Directory.CreateDirectory(_folder);
        var clock = Stopwatch.StartNew();
        var (since, at) = (_step, clock.Elapsed);
        while (_step < _options.Optimizer.Steps && !cancel.IsCancellationRequested)
        {
            using var scope = new TensorScope();
            var result = TrainStep();
            _step++;
            if (_step % _options.LogEvery == 0 || _step == _options.Optimizer.Steps)
            {
                var (loss, rate) = (result.Loss.ToDouble(), (_step - since) / (clock.Elapsed - at).TotalSeconds);
                (since, at) = (_step, clock.Elapsed);
                if (!double.IsFinite(loss))
                {
                    throw new InvalidOperationException(
                        $"The loss of step {_step} is {loss}: lower optimizer.learning_rate, or go on from the last checkpoint with another seed.");
                }

                report(new TrainingReport(
                    _step, _options.Optimizer.Steps, loss, result.Accuracy.ToDouble(),
                    [.. result.Figures.Select(figure => (figure.Name, figure.Value.ToDouble()))],
                    rate * _options.Optimizer.Batch, TimeSpan.FromSeconds((_options.Optimizer.Steps - _step) / rate)));
            }

            if (_step % _options.SaveEvery == 0)
            {
                Save();
            }
        }

        Save();
    }

    /// <summary>Ends the data's threads.</summary>
    public void Dispose() => _data.Dispose();

    private ObjectiveResult TrainStep()
    {
        var batch = _data.Next(_options.Optimizer.Batch);
        var images = Tensor.From(batch.Images, batch.Count, 3, batch.Size, batch.Size).To(device: _model.Device);
        var length = _model.Config.Text.ContextLength;
        var tokens = Tensor.From(_tokenizer.Tokenize(batch.Captions, length), batch.Count, length).To(device: _model.Device);
        var result = _objective.Compute(images, tokens);
        _optimizer.LearningRate = _schedule.At(_step);
        _optimizer.ZeroGrad();
        Autograd.Backward(result.Loss);
        _optimizer.ClipGradients(_options.Optimizer.ClipNorm);
        _optimizer.Step();
        using (GradMode.Disable())
        {
            _model.LogitScale.Clamp_(0, Math.Log(_options.Optimizer.MaxLogitScale));
        }

        _average?.Update(_step);
        return result;
    }

    private static (string Name, Tensor Tensor)[] Trainable(ClipModel model, bool freezeText)
    {
        model.Weights.SetTrainable("", !freezeText);
        model.Weights.SetTrainable("visual.", true);
        return [.. model.Weights.Parameters.Where(p => p.Value.RequiresGrad).Select(p => (p.Key, p.Value))];
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
            Path.Combine(_folder, TrainingCheckpoint.FileName),
            [
                .. Named("model.", _model.Weights.StateDict.Select(p => (p.Key, p.Value))),
                .. Named("average.", _average?.Average.Select(p => (p.Key, p.Value)) ?? []),
                .. Named("optimizer.", _optimizer.State),
                .. Named("objective.", _objective.State),
                .. generators,
            ],
            facts);
        ClipSaver.Save(_folder, _model, _tokenizer, average: _average?.Average);
    }

    private void Resume()
    {
        var path = Path.Combine(_folder, TrainingCheckpoint.FileName);
        if (!File.Exists(path))
        {
            return;
        }

        using var archive = SafetensorsFile.Open(path);
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        _step = TrainingCheckpoint.Number(archive, "step");
        foreach (var (name, tensor) in _model.Weights.StateDict)
        {
            tensor.Copy_(TrainingCheckpoint.Reader(archive, "model.")(name)
                ?? throw new InvalidDataException($"{path} has no weight {name}: the run was begun with another model; name another folder."));
        }

        _average?.Restore(TrainingCheckpoint.Reader(archive, "average."));
        _optimizer.Restore(_step, TrainingCheckpoint.Reader(archive, "optimizer."));
        _objective.Restore(TrainingCheckpoint.Reader(archive, "objective."));
        _data.Restore(archive.Metadata["data"]);
        Generator.SetDefaultState(Device.Cpu, TrainingCheckpoint.Reader(archive, "generator.")("cpu")!);
        if (TrainingCheckpoint.Reader(archive, "generator.")("cuda") is { } cuda && _model.Device.Type == DeviceType.Cuda)
        {
            Generator.SetDefaultState(_model.Device, cuda);
        }
    }

    private static IEnumerable<(string, Tensor)> Named(string prefix, IEnumerable<(string Name, Tensor Tensor)> tensors) =>
        tensors.Select(item => (prefix + item.Name, item.Tensor));
}
