using Pagoda.Data;
using Pagoda.Torch;
using Pagoda.Training.Objectives;
using Pagoda.Training.Records;
using Pagoda.Training.Watch;

namespace Pagoda.Training.Learners;

/// <summary>What a <see cref="Trainer"/> trains: networks with a loss, and how they are saved and looked at. Every rank has one.</summary>
internal interface ILearner : IDisposable
{
    /// <summary>Where it computes.</summary>
    Device Device { get; }

    /// <summary>The name of the file that holds the trained model, in the folder of <see cref="Save"/>.</summary>
    string ModelFile { get; }

    /// <summary>All weights of a checkpoint, by name.</summary>
    IReadOnlyDictionary<string, Tensor> Weights { get; }

    /// <summary>Those that the optimiser changes.</summary>
    IReadOnlyList<(string Name, Tensor Tensor)> Trained { get; }

    /// <summary>Whether weight decay pulls a trained weight to zero.</summary>
    bool Decays(string name, Tensor weight);

    /// <summary>Leaves in the trained weights the gradients of the loss of all ranks' batches together.</summary>
    /// <param name="batch">This rank's pictures.</param>
    /// <param name="step">Steps done before.</param>
    StepResult Accumulate(Batch batch, long step);

    /// <summary>Called when the optimiser has changed the weights.</summary>
    /// <param name="step">Steps done before this one.</param>
    /// <param name="average">The moving average, which takes the weights in afterwards; null where there is none.</param>
    void AfterStep(long step, IReadOnlyDictionary<string, Tensor>? average);

    /// <summary>State beyond the weights, for checkpoints; the same on every rank.</summary>
    IEnumerable<(string Name, Tensor Tensor)> State { get; }

    /// <summary>Puts saved state back.</summary>
    void Restore(Func<string, Tensor?> read);

    /// <summary>Writes the model's files.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="average">Weights to write in place of its own, by name.</param>
    /// <param name="step">Steps done.</param>
    void Save(string folder, IReadOnlyDictionary<string, Tensor>? average, long step);

    /// <summary>Looks at the model and records what it sees, without changing a bit of the run's state.</summary>
    /// <returns>A score that tells better models from worse; null where nothing was measured.</returns>
    double? Look(long step, IReadOnlyDictionary<string, Tensor>? average, RunRecords records);

    /// <summary>Measures the models between the run's beginning and its end, where the options ask for it.</summary>
    IReadOnlyList<InterpolationPoint> Interpolate(IReadOnlyDictionary<string, Tensor>? average, RunRecords records);
}
