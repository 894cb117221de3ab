using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Training.Objectives;

/// <summary>CLIP's loss: each picture's caption against the batch's others, and the other way round.</summary>
public sealed class ContrastiveObjective(TowerPair towers) : IObjective
{
    /// <inheritdoc/>
    public IEnumerable<(string Name, Tensor Tensor)> State => [];

    /// <inheritdoc/>
    public ObjectiveResult Compute(Tensor images, Tensor tokens)
    {
        var imageFeatures = towers.EncodeImage(images);
        var textFeatures = towers.EncodeText(tokens);
        return new ObjectiveResult(
            ClipLoss.Compute(imageFeatures, textFeatures, towers.Model.LogitScale), towers.Accuracy(imageFeatures, textFeatures), []);
    }

    /// <inheritdoc/>
    public void Restore(Func<string, Tensor?> read)
    {
    }
}
