using Pagoda.Torch;

namespace Pagoda.Training.Objectives;

/// <summary>What a step of a CLIP model minimises.</summary>
public interface IObjective
{
    /// <summary>Adds the gradients of a batch's loss to the weights'.</summary>
    /// <param name="images">This rank's pixels in [0, 1], <c>[n, 3, S, S]</c>.</param>
    /// <param name="tokens">Their captions' tokens, <c>[n, L]</c>.</param>
    /// <param name="textFeatures">The captions' features <c>[n, embed]</c> when the text tower is frozen; null when it learns.</param>
    StepResult Accumulate(Tensor images, Tensor tokens, Tensor? textFeatures);

    /// <summary>State beyond the weights, for checkpoints; the same on every rank.</summary>
    IEnumerable<(string Name, Tensor Tensor)> State { get; }

    /// <summary>Puts saved state back.</summary>
    void Restore(Func<string, Tensor?> read);
}

/// <summary>A step's figures, of the batches of all ranks together.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Score">What tells a better model from a worse one, the larger the better; CLIP's is the share of pictures whose caption is the nearest of the batch.</param>
/// <param name="Figures">Further figures by name.</param>
public sealed record StepResult(double Loss, double Score, IReadOnlyList<(string Name, double Value)> Figures)
{
    /// <summary>Share of pictures whose own caption is the nearest.</summary>
    /// <param name="images">Features <c>[N, embed]</c>.</param>
    /// <param name="texts">Features <c>[N, embed]</c>; row i belongs to picture i.</param>
    internal static double AccuracyOf(Tensor images, Tensor texts)
    {
        using var frozen = GradMode.Disable();
        var best = images.Detach().Matmul(texts.Detach().T()).Argmax(1);
        return best.Eq(Ops.Arange(images.Size(0), device: images.Device)).To(ScalarType.Float32).Mean().ToDouble();
    }
}
