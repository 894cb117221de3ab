using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training.Attacks;

namespace Pagoda.Training.Objectives;

/// <summary>CLIPAG (Ganz &amp; Elad, arXiv 2306.16805): the contrastive loss on pictures that an attack has moved to raise it.</summary>
public sealed class RobustObjective(TowerPair towers, AttackSettings settings) : IObjective
{
    private readonly ProjectedGradient _attack = new(settings.ToAttack());

    /// <inheritdoc/>
    public IEnumerable<(string Name, Tensor Tensor)> State => [];

    /// <inheritdoc/>
    public ObjectiveResult Compute(Tensor images, Tensor tokens)
    {
        var textFeatures = towers.EncodeText(tokens);
        var adversarial = Attack(images, textFeatures.Detach());
        var imageFeatures = towers.EncodeImage(adversarial);
        return new ObjectiveResult(
            ClipLoss.Compute(imageFeatures, textFeatures, towers.Model.LogitScale), towers.Accuracy(imageFeatures, textFeatures), []);
    }

    /// <summary>Pictures that the model matches worse with their captions' features.</summary>
    public Tensor Attack(Tensor images, Tensor textFeatures) => towers.Frozen(() =>
        _attack.Perturb(images, moved => ClipLoss.Compute(towers.EncodeImage(moved), textFeatures, towers.Model.LogitScale)));

    /// <inheritdoc/>
    public void Restore(Func<string, Tensor?> read)
    {
    }
}
