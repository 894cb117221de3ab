using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Training.Objectives;

/// <summary>
/// The adversarial contrastive loss plus an energy loss whose negatives the model paints itself (after CLIP-JEM, arXiv
/// 2408.17046, with energy E(I, T) = −cos). In place of 50 steps from noise a replay buffer of paintings, each with its
/// caption, goes on by a few steps each time, as JEM does with SGLD. Texts must prefer the real picture over every
/// painted one, by cross-entropy and by a soft margin.
/// </summary>
public sealed class EnergyObjective : IObjective
{
    private readonly TowerPair _towers;
    private readonly RobustObjective _robust;
    private readonly EnergyOptions _options;
    private readonly ReplayBuffer _buffer;

    /// <summary>Starts with a buffer of soft noise.</summary>
    public EnergyObjective(TowerPair towers, AttackSettings attack, EnergyOptions options)
    {
        _towers = towers;
        _robust = new RobustObjective(towers, attack);
        _options = options;
        _buffer = new ReplayBuffer(options, towers.Model.Config.Vision.ImageSize, towers.Model.Config.Text.ContextLength, towers.Model.Device);
    }

    /// <inheritdoc/>
    public IEnumerable<(string Name, Tensor Tensor)> State => _buffer.State;

    /// <inheritdoc/>
    public ObjectiveResult Compute(Tensor images, Tensor tokens)
    {
        var draw = _buffer.Draw(tokens);
        var negatives = Paint(draw);
        _buffer.PutBack(draw, negatives);

        var count = images.Size(0);
        var textFeatures = _towers.EncodeText(Ops.Cat([tokens, draw.Tokens]));
        var (texts, paintedTexts) = (textFeatures.Narrow(0, 0, count), textFeatures.Narrow(0, count, draw.Tokens.Size(0)));
        var adversarial = _robust.Attack(images, texts.Detach());
        var imageFeatures = _towers.EncodeImage(Ops.Cat([adversarial, negatives]));
        var (real, painted) = (imageFeatures.Narrow(0, 0, count), imageFeatures.Narrow(0, count, negatives.Size(0)));

        var scale = _towers.Model.LogitScale.Exp();
        var contrastive = ClipLoss.Compute(real, texts, _towers.Model.LogitScale);
        var labels = Ops.Arange(count, device: images.Device);
        var choices = (texts.Matmul(imageFeatures.T()) * scale).CrossEntropyLoss(labels);
        var realCosine = (real * texts).Sum([1]);
        var paintedCosine = (painted * paintedTexts).Sum([1]);
        var margin = ((paintedCosine.Unsqueeze(0) - realCosine.Unsqueeze(1)) * (scale * 0.5)).Softplus().Mean();
        return new ObjectiveResult(
            contrastive + ((choices + margin) * _options.Weight),
            _towers.Accuracy(real, texts),
            [("adversarial", contrastive.Detach()), ("real", realCosine.Detach().Mean()), ("painted", paintedCosine.Detach().Mean())]);
    }

    /// <inheritdoc/>
    public void Restore(Func<string, Tensor?> read) => _buffer.Restore(read);

    /// <summary>Moves paintings towards their captions; gradients stop here.</summary>
    private Tensor Paint(ReplayBuffer.Selection draw) => _towers.Frozen(() =>
    {
        Tensor texts;
        using (GradMode.Disable())
        {
            texts = _towers.EncodeText(draw.Tokens);
        }

        var picture = draw.Pictures;
        var direction = picture.ZerosLike();
        for (var step = 0; step < _options.Steps; step++)
        {
            using var scope = new TensorScope();
            var leaf = picture.Detach().WithGrad();
            var seen = _options.Noise > 0 ? leaf + (leaf.Detach().RandnLike() * _options.Noise) : leaf;
            var energy = -(_towers.EncodeImage(seen) * texts).Sum();
            var gradient = Autograd.Grad(energy, leaf);
            using var frozen = GradMode.Disable();
            var length = gradient.Flatten(1).LinalgVectorNorm(2, [1]).View([-1, 1, 1, 1]) + 1e-9;
            direction = scope.Keep((direction * _options.Momentum) + (gradient / length * (1 - _options.Momentum)));
            picture = scope.Keep((picture.Detach() - (direction * _options.StepSize)).Clamp(0, 1));
        }

        return picture;
    });
}
