using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training.Batches;

namespace Pagoda.Training.Objectives;

/// <summary>CLIP's loss: each picture's caption against the batch's others, and the other way round.</summary>
public sealed class ContrastiveObjective(WholeBatch batch) : IObjective
{
    /// <inheritdoc/>
    public IEnumerable<(string Name, Tensor Tensor)> State => [];

    /// <inheritdoc/>
    public StepResult Accumulate(Tensor images, Tensor tokens, Tensor? textFeatures)
    {
        var accuracy = 0.0;
        var loss = batch.Accumulate(images, textFeatures ?? tokens, (imageFeatures, texts) =>
        {
            accuracy = StepResult.AccuracyOf(imageFeatures, texts);
            return ClipLoss.Compute(imageFeatures, texts, batch.Towers.Model.LogitScale);
        });
        return new StepResult(loss, accuracy, []);
    }

    /// <inheritdoc/>
    public void Restore(Func<string, Tensor?> read)
    {
    }
}
