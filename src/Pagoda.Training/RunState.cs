using System.Globalization;
using System.Text.Json;
using Pagoda.Data;
using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;
using Pagoda.Torch.Distributed;
using Pagoda.Torch.Optimizers;
using Pagoda.Training.Learners;

namespace Pagoda.Training;

/// <summary>
/// All that changes while a run goes on. It is saved and restored as a whole, so that a run goes on bit for bit; every rank has the
/// same, but for its position in the data.
/// </summary>
internal sealed class RunState(
    TrainingOptions options,
    RunFolder folder,
    ILearner learner,
    AdamW optimizer,
    ExponentialMovingAverage? average,
    IBatchSource data,
    DivergenceGuard guard,
    ProcessGroup? group)
{
    /// <summary>How slowly the score that chooses the best model follows the batches'.</summary>
    private const double ScoreDecay = 0.98;

    /// <summary>Steps done.</summary>
    public long Step { get; set; }

    /// <summary>Steps done at the last checkpoint; -1 before the first.</summary>
    public long SavedStep { get; private set; } = -1;

    /// <summary>How often the run has gone back after it had diverged.</summary>
    public int Rollbacks { get; private set; }

    /// <summary>A running mean of the steps' scores; what the watch measured takes its place.</summary>
    public double Score { get; private set; } = double.NaN;

    /// <summary>The largest score of a saved model.</summary>
    public double Best { get; private set; } = double.NegativeInfinity;

    /// <summary>Takes a step's score into the running mean.</summary>
    public void Follow(double score) => Score = double.IsNaN(Score) ? score : (Score * ScoreDecay) + (score * (1 - ScoreDecay));

    /// <summary>Writes the checkpoint and the model; every rank calls it.</summary>
    /// <param name="consider">Whether this model may be the best one; not at places where a user happened to stop.</param>
    /// <param name="score">What it is judged by; the running mean when null.</param>
    public void Save(bool consider, double? score = null)
    {
        var position = data.Save();
        var positions = group?.AllGatherText(position) ?? [position];
        var better = consider && (score ?? Score) > Best;
        Best = better ? score ?? Score : Best;
        if (group is null or { Rank: 0 })
        {
            Write(positions, better);
        }

        SavedStep = Step;
    }

    /// <summary>Takes up the folder's checkpoint, where there is one.</summary>
    /// <param name="changed">The keys of options that were forced upon the run.</param>
    public void Resume(IReadOnlySet<string> changed)
    {
        var there = File.Exists(folder.Checkpoint);
        if (group is not null)
        {
            var seen = group.AllGatherText(there ? "a checkpoint" : "none");
            if (Array.FindIndex(seen, other => other != seen[0]) is var odd and > 0)
            {
                throw new TrainingException($"Rank 0 finds {seen[0]} in {folder.Path} and rank {odd} finds {seen[odd]}: the run's folder must be one that all ranks see.");
            }
        }

        if (there)
        {
            Restore(changed);
        }
    }

    /// <summary>Goes back to the last checkpoint that is good, with another seed; every rank calls it.</summary>
    /// <param name="step">A checkpoint of at most so many steps is good.</param>
    public void RollBack(long step)
    {
        var times = Rollbacks + 1;
        if (group is null or { Rank: 0 })
        {
            folder.GoBackTo(step);
        }

        group?.Barrier();
        Restore(new HashSet<string>());
        Rollbacks = times;
        Generator.Seed(options.Seed + (7919 * (ulong)times));
        guard.Forget();
    }

    private void Write(string[] positions, bool better)
    {
        var facts = new Dictionary<string, string>
        {
            ["step"] = Step.ToString(CultureInfo.InvariantCulture),
            ["data"] = JsonSerializer.Serialize(positions),
            ["options"] = TrainingConfigFile.Write(options),
            ["rollbacks"] = Rollbacks.ToString(CultureInfo.InvariantCulture),
            ["score"] = Score.ToString("R", CultureInfo.InvariantCulture),
            ["best"] = Best.ToString("R", CultureInfo.InvariantCulture),
            ["guard"] = guard.Save(),
        };
        using var scope = new TensorScope();
        var generators = new List<(string, Tensor)> { ("generator.cpu", Generator.DefaultState(Device.Cpu)) };
        if (learner.Device.Type == DeviceType.Cuda)
        {
            generators.Add(("generator.cuda", Generator.DefaultState(learner.Device)));
        }

        folder.WriteCheckpoint(
            path => TrainingCheckpoint.Write(
                path,
                [
                    .. Named(TrainingCheckpoint.Model, learner.Weights.Select(p => (p.Key, p.Value))),
                    .. Named("average.", average?.Average.Select(p => (p.Key, p.Value)) ?? []),
                    .. Named("optimizer.", optimizer.State),
                    .. Named("objective.", learner.State),
                    .. generators,
                ],
                facts),
            options.Keep);
        SavedStep = Step;
        SaveModel(folder.Path);
        if (better)
        {
            SaveModel(Path.Combine(folder.Path, "best"));
        }
    }

    private void SaveModel(string path) => learner.Save(path, average?.Average, Step);

    private void Restore(IReadOnlySet<string> changed)
    {
        using var archive = SafetensorsFile.Open(folder.Checkpoint);
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        SavedStep = Step = TrainingCheckpoint.Number(archive, "step");
        Rollbacks = (int)TrainingCheckpoint.Number(archive, "rollbacks");
        Score = double.Parse(archive.Metadata["score"], CultureInfo.InvariantCulture);
        Best = double.Parse(archive.Metadata["best"], CultureInfo.InvariantCulture);
        TrainingCheckpoint.ReadWeights(archive, learner.Weights);
        average?.Restore(TrainingCheckpoint.Reader(archive, "average."));
        optimizer.Restore(Step, TrainingCheckpoint.Reader(archive, "optimizer."));
        if (!changed.Any(key => key.StartsWith("energy.", StringComparison.Ordinal)))
        {
            learner.Restore(TrainingCheckpoint.Reader(archive, "objective."));
        }

        if (!changed.Any(key => key.StartsWith("guard.", StringComparison.Ordinal)))
        {
            guard.Restore(archive.Metadata["guard"]);
        }

        // Other data begins at its beginning, and another seed is for other randomness than what led here.
        if (!changed.Contains("seed") && !changed.Any(DataOptions.ChangesStream))
        {
            data.Restore(JsonSerializer.Deserialize<string[]>(archive.Metadata["data"])!);
        }

        if (!changed.Contains("seed"))
        {
            Generator.SetDefaultState(Device.Cpu, TrainingCheckpoint.Reader(archive, "generator.")("cpu")!);
            if (TrainingCheckpoint.Reader(archive, "generator.")("cuda") is { } cuda && learner.Device.Type == DeviceType.Cuda)
            {
                Generator.SetDefaultState(learner.Device, cuda);
            }
        }
    }

    private static IEnumerable<(string, Tensor)> Named(string prefix, IEnumerable<(string Name, Tensor Tensor)> tensors) =>
        tensors.Select(item => (prefix + item.Name, item.Tensor));
}
