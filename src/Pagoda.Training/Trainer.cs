using System.Globalization;
using Pagoda.Data;
using Pagoda.Torch;
using Pagoda.Torch.Distributed;
using Pagoda.Torch.Optimizers;
using Pagoda.Training.Learners;
using Pagoda.Training.Objectives;
using Pagoda.Training.Records;
using Pagoda.Training.Watch;

namespace Pagoda.Training;

/// <summary>A step as the log shows it.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">The loss.</param>
/// <param name="Figures">Further figures of what is trained.</param>
/// <param name="ImagesPerSecond">Since the last report.</param>
/// <param name="Left">Time left at this rate.</param>
public sealed record TrainingReport(
    long Step, long Steps, double Loss, IReadOnlyList<(string Name, double Value)> Figures, double ImagesPerSecond, TimeSpan Left)
{
    /// <summary>All figures by name, as the records have them.</summary>
    internal IEnumerable<(string Name, double Value)> Named(double learningRate) =>
        [("loss", Loss), .. Figures, ("learning_rate", learningRate), ("images_per_second", Math.Round(ImagesPerSecond, 2))];
}

/// <summary>
/// Trains a model in a run folder: <c>checkpoint.safetensors</c> to go on from, bit for bit, the model's own files
/// (<c>model.safetensors</c>, <c>config.json</c>, ...), the best model so far in <c>best/</c>, and its
/// records (<see cref="RunRecords"/>). Where several ranks train together each has a trainer, and rank 0's writes.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly RunFolder _folder;
    private readonly ILearner _learner;
    private readonly IBatchSource _data;
    private readonly AdamW _optimizer;
    private readonly ExponentialMovingAverage? _average;
    private readonly CosineSchedule _schedule;
    private readonly DivergenceGuard _guard;
    private readonly RunState _state;
    private readonly ProcessGroup? _group;
    private readonly TrainingData _source;

    /// <summary>Builds a run, or takes up the one in the folder; the trainer disposes folder and batches.</summary>
    internal Trainer(
        TrainingOptions options, RunFolder folder, ILearner learner, TrainingData data, TrainingPlan plan, IReadOnlySet<string> changed, ProcessGroup? group)
    {
        (_options, _folder, _learner, _source, _group, Plan) = (options, folder, learner, data, group, plan);
        Generator.Seed(options.Seed);
        _group?.Broadcast([.. learner.Weights.Values]);
        var optimizer = options.Optimizer;
        _optimizer = new AdamW(
            [
                new ParameterGroup([.. learner.Trained.Where(p => learner.Decays(p.Name, p.Tensor))], optimizer.WeightDecay),
                new ParameterGroup([.. learner.Trained.Where(p => !learner.Decays(p.Name, p.Tensor))], 0),
            ],
            optimizer.LearningRate, optimizer.Beta1, optimizer.Beta2);
        _schedule = new CosineSchedule(optimizer.LearningRate, optimizer.WarmUp, optimizer.Steps, optimizer.LearningRate * optimizer.FinalShare);
        _average = optimizer.AverageDecay > 0 ? new ExponentialMovingAverage(learner.Trained, optimizer.AverageDecay) : null;
        _guard = new DivergenceGuard(options.Guard);
        _data = data.Batches();
        _state = new RunState(options, folder, learner, _optimizer, _average, _data, _guard, _group);
        try
        {
            _state.Resume(changed);
        }
        catch
        {
            _data.Dispose();
            throw;
        }
    }

    /// <summary>Steps done.</summary>
    public long Step => _state.Step;

    /// <summary>What it does.</summary>
    public TrainingPlan Plan { get; }

    /// <summary>The weights under training, for tests that spoil them.</summary>
    internal IReadOnlyDictionary<string, Tensor> Weights => _learner.Weights;

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
        _learner.Dispose();
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
                _state.Follow(result.Score);
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

                if (records is not null && IsWatchDue(step))
                {
                    watched = _learner.Look(step, _average?.Average, records);
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
            records?.Checkpoint(_state.Step, _source.LeftOut, done ? _learner.ModelFile : null);
            Interpolation = done && records is not null ? _learner.Interpolate(_average?.Average, records) : [];
        }
        finally
        {
            records?.Dispose();
        }
    }

    /// <summary>Takes the next step and nothing around it: no records, no checkpoint, no way back. What a benchmark times.</summary>
    internal void TakeStep()
    {
        using var scope = new TensorScope();
        TrainStep();
        _state.Step++;
    }

    /// <summary>A step, up to the change of the weights, which an alarm prevents.</summary>
    private (StepResult Result, (string Problem, int Steps)? Alarm) TrainStep()
    {
        var batch = _data.Next(_options.Optimizer.Batch / (_group?.Size ?? 1));
        _optimizer.ZeroGrad();
        var result = _learner.Accumulate(batch, _state.Step);
        var norm = _optimizer.ClipGradients(_options.Optimizer.ClipNorm);
        if (_guard.Judge(result.Loss, norm, result.Figures) is { } alarm)
        {
            return (result, alarm);
        }

        _optimizer.LearningRate = _schedule.At(_state.Step) * Math.Pow(_options.Guard.RateFactor, _state.Rollbacks);
        _optimizer.Step();
        _learner.AfterStep(_state.Step, _average?.Average);
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
        _state.Step, _options.Optimizer.Steps, result.Loss, result.Figures,
        stepsPerSecond * _options.Optimizer.Batch, TimeSpan.FromSeconds((_options.Optimizer.Steps - _state.Step) / stepsPerSecond));

    private RunRecords Records() => new(_folder.Path, _options, _state.Step, _learner.Device, _source, _group?.Size ?? 1);

    private bool IsWatchDue(long step) => _options.Watch.Every > 0 && (step % _options.Watch.Every == 0 || step == _options.Optimizer.Steps);
}
