using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training.Attacks;
using Pagoda.Training.Batches;

namespace Pagoda.Training.Objectives;

/// <summary>CLIPAG (Ganz &amp; Elad, arXiv 2306.16805): the contrastive loss on pictures that an attack has moved to raise it.</summary>
public sealed class RobustObjective(WholeBatch batch, AttackSettings settings) : IObjective
{
    private readonly ProjectedGradient _attack = new(settings.ToAttack());
    private readonly ContrastiveObjective _contrastive = new(batch);

    /// <inheritdoc/>
    public IEnumerable<(string Name, Tensor Tensor)> State => [];

    /// <inheritdoc/>
    public StepResult Accumulate(Tensor images, Tensor tokens, Tensor? textFeatures) =>
        _contrastive.Accumulate(Attack(images, textFeatures ?? batch.EncodeText(tokens)), tokens, textFeatures);

    /// <summary>Pictures <c>[n, 3, S, S]</c> that the model matches worse with their captions' features.</summary>
    /// <param name="images">This rank's pictures; those of the other ranks are attacked at the same time, against the whole batch's loss.</param>
    /// <param name="textFeatures">This rank's captions' features <c>[n, embed]</c>.</param>
    public Tensor Attack(Tensor images, Tensor textFeatures)
    {
        var texts = batch.Gather(textFeatures);
        var start = settings.RandomStart ? batch.Drawn(shape => Ops.Empty(shape, ScalarType.Float32, device: images.Device).Uniform_(-0.5, 0.5), images.Shape) : null;
        return batch.Towers.Frozen(() => _attack.Ascend(
            images,
            moved => batch.PixelGradient(moved, features => ClipLoss.Compute(features, texts, batch.Towers.Model.LogitScale)),
            start));
    }

    /// <inheritdoc/>
    public void Restore(Func<string, Tensor?> read)
    {
    }
}
