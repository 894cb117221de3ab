using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training.Batches;

namespace Pagoda.Training.Objectives;

/// <summary>
/// CLIP-JEM (Ganz &amp; Elad, arXiv 2408.17046, Algorithm 1): the contrastive adversarial loss plus γ times the contrastive
/// energy loss, whose negatives the model paints itself. Gradients stop at the negatives.
/// </summary>
public sealed class EnergyObjective : IObjective
{
    private readonly WholeBatch _batch;
    private readonly RobustObjective _robust;
    private readonly EnergyOptions _options;
    private readonly NegativeSource _source;
    private readonly PixelSampler _sampler;

    /// <summary>Prepares it.</summary>
    /// <param name="batch">How pictures go through the model.</param>
    /// <param name="attack">The adversarial loss's attack.</param>
    /// <param name="options">The energy loss.</param>
    /// <param name="bank">Draws the bank's pictures, for <see cref="NegativeStart.Bank"/>.</param>
    public EnergyObjective(WholeBatch batch, AttackSettings attack, EnergyOptions options, BankSampler? bank = null)
    {
        (_batch, _options) = (batch, options);
        _robust = new RobustObjective(batch, attack);
        _source = new NegativeSource(batch, options, bank);
        _sampler = new PixelSampler(batch, options);
    }

    /// <inheritdoc/>
    public IEnumerable<(string Name, Tensor Tensor)> State => _source.State;

    /// <inheritdoc/>
    public StepResult Accumulate(Tensor images, Tensor tokens, Tensor? textFeatures)
    {
        using var scope = new TensorScope();
        var draw = _source.Draw(images, tokens);
        var drawnTexts = _batch.EncodeText(draw.Tokens);
        var negatives = _sampler.Paint(draw.Pictures, _batch.Gather(drawnTexts));
        _source.PutBack(draw, negatives);
        var adversarial = _robust.Attack(images, textFeatures ?? _batch.EncodeText(tokens));

        // Of all ranks: the pictures under attack, then the negatives, then the negatives' real counterparts.
        var (batch, drawn) = (images.Size(0) * _batch.Ranks, negatives.Size(0) * _batch.Ranks);
        List<Tensor> pictures = draw.Real is null ? [adversarial, negatives] : [adversarial, negatives, draw.Real];
        StepResult figures = null!;
        var loss = _batch.Accumulate(
            Ops.Cat([.. pictures]),
            textFeatures is null ? Ops.Cat([tokens, draw.Tokens]) : Ops.Cat([textFeatures, drawnTexts]),
            (features, texts) =>
            {
                var (value, seen) = Loss(features, texts, batch, drawn);
                figures = seen;
                return value;
            });
        return figures with { Loss = loss, Figures = [.. figures.Figures, ("saturated", Saturation(negatives))] };
    }

    /// <inheritdoc/>
    public void Restore(Func<string, Tensor?> read) => _source.Restore(read);

    private (Tensor Loss, StepResult Figures) Loss(Tensor features, Tensor texts, long batch, long drawn)
    {
        var logitScale = _batch.Towers.Model.LogitScale;
        var scale = logitScale.Exp();
        var (attacked, painted) = (features.Narrow(0, 0, batch), features.Narrow(0, batch, drawn));
        var (batchTexts, drawnTexts) = (texts.Narrow(0, 0, batch), texts.Narrow(0, batch, drawn));
        var own = _options.Real == RealPictures.Own;
        var (real, realTexts) = own ? (features.Narrow(0, batch + drawn, drawn), drawnTexts) : (attacked, batchTexts);
        var realCosines = (real * realTexts).Sum([1]);
        var paintedCosines = (painted * drawnTexts).Sum([1]);
        var contrastive = ClipLoss.Compute(attacked, batchTexts, logitScale);
        var energy = own ? EnergyLoss.Contrastive(real, painted, realTexts, scale) : EnergyLoss.TextChoices(real, painted, realTexts, scale);
        if (_options.Margin > 0)
        {
            energy += EnergyLoss.Margin(realCosines, paintedCosines, scale) * _options.Margin;
        }

        var figures = new StepResult(
            0, StepResult.AccuracyOf(attacked, batchTexts),
            [("adversarial", contrastive.ToDouble()), ("energy", energy.ToDouble()), ("real", realCosines.Mean().ToDouble()), ("painted", paintedCosines.Mean().ToDouble())]);
        return (contrastive + (energy * _options.Weight), figures);
    }

    /// <summary>Share of the negatives' numbers, of all ranks, that are at 0 or 1: paintings that a diverging model drives there teach nothing.</summary>
    private double Saturation(Tensor negatives)
    {
        using var frozen = GradMode.Disable();
        var own = negatives.Le(0).LogicalOr(negatives.Ge(1)).To(ScalarType.Float32).Mean([1, 2, 3]);
        return _batch.Gather(own).Mean().ToDouble();
    }
}
