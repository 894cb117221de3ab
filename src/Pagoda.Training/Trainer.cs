using System.Globalization;
using Pagoda.Data;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;
using Pagoda.Torch.Distributed;
using Pagoda.Torch.Optimizers;
using Pagoda.Training.Batches;
using Pagoda.Training.Objectives;
using Pagoda.Training.Records;
using Pagoda.Training.Watch;

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
    long Step, long Steps, double Loss, double Accuracy, IReadOnlyList<(string Name, double Value)> Figures, double ImagesPerSecond, TimeSpan Left)
{
    /// <summary>All figures by name, as the records have them.</summary>
    internal IEnumerable<(string Name, double Value)> Named(double learningRate) =>
        [("loss", Loss), ("accuracy", Accuracy), .. Figures, ("learning_rate", learningRate), ("images_per_second", Math.Round(ImagesPerSecond, 2))];
}

/// <summary>
/// Trains a CLIP model in a run folder: <c>checkpoint.safetensors</c> to go on from, bit for bit, the model as
/// <c>model.safetensors</c> with its <c>config.json</c> and <c>tokenizer.json</c>, the best model so far in <c>best/</c>, and its
/// records (<see cref="RunRecords"/>). Where several ranks train together each has a trainer, and rank 0's writes.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly RunFolder _folder;
    private readonly ClipModel _model;
    private readonly ClipTokenizer _tokenizer;
    private readonly IBatchSource _data;
    private readonly IObjective _objective;
    private readonly WholeBatch _batch;
    private readonly TextFeatures? _texts;
    private readonly AdamW _optimizer;
    private readonly ExponentialMovingAverage? _average;
    private readonly CosineSchedule _schedule;
    private readonly (string Name, Tensor Tensor)[] _trained;
    private readonly DivergenceGuard _guard;
    private readonly RunState _state;
    private readonly ProcessGroup? _group;
    private readonly TrainingData _source;
    private readonly RunWatch? _watch;

    /// <summary>Builds a run, or takes up the one in the folder; the trainer disposes folder and batches.</summary>
    internal Trainer(
        TrainingOptions options, RunFolder folder, (ClipModel Model, ClipTokenizer Tokenizer) start, TrainingData data, IReadOnlySet<string> changed,
        TrainingTools tools)
    {
        (_options, _folder, _source, _group) = (options, folder, data, tools.Group);
        (_model, _tokenizer) = start;
        Generator.Seed(options.Seed);
        _trained = Trainable(_model, options.Model.FreezeText);
        _group?.Broadcast([.. _model.Weights.StateDict.Values]);
        var towers = new TowerPair(_model, TrainingPlan.Autocasts(options, _model.Device));
        _batch = new WholeBatch(towers, options.Memory.Chunk, options.Memory.Checkpointing, _group);
        _texts = options.Memory.TextCache > 0 && !towers.TrainsText ? new TextFeatures(towers, _tokenizer, options.Memory.TextCache) : null;
        _objective = Objective(options, _batch, tools);
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
        _watch = _group is null or { Rank: 0 } && RunWatch.IsWanted(options) ? new RunWatch(options, _model, _tokenizer, tools.Painter) : null;
        _guard = new DivergenceGuard(options.Guard);
        _data = data.Batches();
        _state = new RunState(options, folder, start, _optimizer, _average, _objective, _data, _guard, _group);
        try
        {
            _state.Resume(changed);
        }
        catch
        {
            _data.Dispose();
            throw;
        }

        Plan = TrainingPlan.Of(options, _model.Config, _model.Device, data.Description, data.Memory, _batch.Ranks);
    }

    /// <summary>Steps done.</summary>
    public long Step => _state.Step;

    /// <summary>What it does.</summary>
    public TrainingPlan Plan { get; }

    /// <summary>The weights under training, for tests that spoil them.</summary>
    internal IReadOnlyDictionary<string, Tensor> Weights => _model.Weights.StateDict;

    /// <summary>Whether this process writes the run's folder: rank 0, or the only one.</summary>
    public bool Writes => _group is null or { Rank: 0 };

    /// <summary>The models between the run's beginning and its end, once it has come there and <c>watch.interpolate</c> asks for them.</summary>
    public IReadOnlyList<InterpolationPoint> Interpolation { get; private set; } = [];

    /// <summary>Trains to the end, or until cancelled: the step under way is finished and saved.</summary>
    /// <param name="report">Told of the figures.</param>
    /// <param name="cancel">Ends the run early, on all ranks.</param>
    /// <param name="reportEvery">Steps between reports; 0 takes those between the lines of the log.</param>
    /// <param name="note">Told what a user should know: that the run has gone back, and why.</param>
    /// <exception cref="TrainingException">The run has diverged too often, or its folder cannot be written; the last checkpoint is kept.</exception>
    public void Run(Action<TrainingReport> report, CancellationToken cancel, int reportEvery = 0, Action<string>? note = null)
    {
        try
        {
            Train(report, cancel, reportEvery > 0 ? reportEvery : _options.LogEvery, note ?? (_ => { }));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            var kept = _state.SavedStep >= 0 ? $"the checkpoint of step {_state.SavedStep} is whole" : "there is no checkpoint yet";
            var sentence = $"The run in {_folder.Path} ends at step {_state.Step}: {error.Message.TrimEnd('.')}; {kept}, so make room or mend the folder and give the same command again.";
            _group?.Fail(sentence);
            throw new TrainingException(sentence, error);
        }
        catch (Exception error) when (error is not DistributedException)
        {
            _group?.Fail(error.Message);
            throw;
        }
    }

    /// <summary>Ends the data's threads and leaves the folder.</summary>
    public void Dispose()
    {
        _watch?.Dispose();
        _data.Dispose();
        _folder.Dispose();
    }

    private void Train(Action<TrainingReport> report, CancellationToken cancel, int reportEvery, Action<string> note)
    {
        RunRecords? records = null;
        try
        {
            if (Writes)
            {
                _folder.WriteOptions(_options);
                records = Records();
            }

            var rate = new StepRate(_state.Step);
            double? watched = null;
            while (_state.Step < _options.Optimizer.Steps && !AnyCancelled(cancel))
            {
                using var scope = new TensorScope();
                var (result, alarm) = TrainStep();
                if (alarm is { } wrong)
                {
                    records?.Dispose();
                    note(GoBack(wrong));
                    records = Writes ? Records() : null;
                    rate = new StepRate(_state.Step);
                    continue;
                }

                var step = ++_state.Step;
                _state.Follow(result.Accuracy);
                var (logs, last, saves) = (step % _options.LogEvery == 0, step == _options.Optimizer.Steps, step % _options.SaveEvery == 0);
                if (logs || last || step % reportEvery == 0)
                {
                    var figures = Report(result, rate.At(step, mark: logs));
                    if (logs || last)
                    {
                        records?.Scalars(step, figures.Named(_optimizer.LearningRate));
                    }

                    if (last || step % reportEvery == 0)
                    {
                        report(figures);
                    }
                }

                if (_watch?.IsDue(step) == true)
                {
                    watched = _watch.Look(step, _average?.Average, records!).AttackedAccuracy;
                }

                if (saves || last)
                {
                    _state.Save(consider: true, watched);
                    records?.Checkpoint(step, _source.LeftOut);
                    watched = null;
                }
            }

            if (_state.SavedStep != _state.Step)
            {
                _state.Save(consider: false);
            }

            var done = _state.Step == _options.Optimizer.Steps;
            records?.Checkpoint(_state.Step, _source.LeftOut, final: done);
            Interpolation = done && _watch is not null ? _watch.Interpolate(_average?.Average, records!) : [];
        }
        finally
        {
            records?.Dispose();
        }
    }

    /// <summary>A step, up to the change of the weights, which an alarm prevents.</summary>
    private (StepResult Result, (string Problem, int Steps)? Alarm) TrainStep()
    {
        var batch = _data.Next(_options.Optimizer.Batch / _batch.Ranks);
        var images = Tensor.From(batch.Images, batch.Count, 3, batch.Size, batch.Size).To(device: _model.Device);
        var length = _model.Config.Text.ContextLength;
        var tokens = Tensor.From(_tokenizer.Tokenize(batch.Captions, length), batch.Count, length).To(device: _model.Device);
        _optimizer.ZeroGrad();
        var result = _objective.Accumulate(images, tokens, _texts?.Of(batch.Captions) ?? (_batch.Towers.TrainsText ? null : _batch.EncodeText(tokens)));
        _batch.SumGradients([.. _trained.Select(weight => weight.Tensor)]);
        var norm = _optimizer.ClipGradients(_options.Optimizer.ClipNorm);
        if (_guard.Judge(result.Loss, norm, result.Figures) is { } alarm)
        {
            return (result, alarm);
        }

        _optimizer.LearningRate = _schedule.At(_state.Step) * Math.Pow(_options.Guard.RateFactor, _state.Rollbacks);
        _optimizer.Step();
        if (_model.LogitScale.RequiresGrad)
        {
            using var frozen = GradMode.Disable();
            _model.LogitScale.Clamp_(0, Math.Log(_options.Optimizer.MaxLogitScale));
        }

        _average?.Update(_state.Step);
        return (result with { Figures = [.. result.Figures, ("gradient_norm", norm)] }, null);
    }

    /// <summary>Takes the run back to its last good checkpoint.</summary>
    /// <returns>What to tell the user.</returns>
    /// <exception cref="TrainingException">There is no checkpoint, or the run has gone back often enough.</exception>
    private string GoBack((string Problem, int Steps) alarm)
    {
        var step = _state.Step + 1;
        var problem = string.Create(CultureInfo.InvariantCulture, $"At step {step} {alarm.Problem}{(alarm.Steps > 1 ? $", for {alarm.Steps} steps" : "")}");
        if (_state.SavedStep < 0)
        {
            throw new TrainingException($"{problem}; there is no checkpoint yet: begin again with a lower optimizer.learning_rate.");
        }

        if (_state.Rollbacks >= _options.Guard.Rollbacks)
        {
            throw new TrainingException(
                $"{problem}; the run has gone back {_state.Rollbacks} times and gives up. The checkpoint of step {_state.SavedStep} in {_folder.Path} is kept: go on from it with a lower optimizer.learning_rate or another seed (--set KEY=VALUE --force).");
        }

        _state.RollBack(step - alarm.Steps);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{problem}. Going back to the checkpoint of step {_state.Step}, with another seed and {Math.Pow(_options.Guard.RateFactor, _state.Rollbacks):G3} of the learning rate ({_state.Rollbacks} of {_options.Guard.Rollbacks} times).");
    }

    /// <summary>Whether any rank is to stop: all of them stop after the same step.</summary>
    private bool AnyCancelled(CancellationToken cancel) =>
        _group is null ? cancel.IsCancellationRequested : _group.Sum(cancel.IsCancellationRequested ? 1 : 0) > 0;

    private TrainingReport Report(StepResult result, double stepsPerSecond) => new(
        _state.Step, _options.Optimizer.Steps, result.Loss, result.Accuracy, result.Figures,
        stepsPerSecond * _options.Optimizer.Batch, TimeSpan.FromSeconds((_options.Optimizer.Steps - _state.Step) / stepsPerSecond));

    private RunRecords Records() => new(_folder.Path, _options, _state.Step, _model.Device, _source, _batch.Ranks);

    private static IObjective Objective(TrainingOptions options, WholeBatch batch, TrainingTools tools) => options.Method switch
    {
        TrainingMethod.Contrastive => new ContrastiveObjective(batch),
        TrainingMethod.Clipag => new RobustObjective(batch, options.Attack),
        TrainingMethod.ClipJem => new EnergyObjective(batch, options.Attack, options.Energy, options.Energy.Start == NegativeStart.Bank ? tools.Bank(options.Energy.Bank) : null),
        _ => throw new InvalidDataException($"method {options.Method} is not known."),
    };

    private static (string Name, Tensor Tensor)[] Trainable(ClipModel model, bool freezeText)
    {
        model.Weights.SetTrainable("", !freezeText);
        model.Weights.SetTrainable("visual.", true);
        return [.. model.Weights.Parameters.Where(p => p.Value.RequiresGrad).Select(p => (p.Key, p.Value))];
    }
}
