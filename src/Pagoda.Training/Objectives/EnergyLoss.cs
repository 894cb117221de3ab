using Pagoda.Torch;

namespace Pagoda.Training.Objectives;

/// <summary>
/// The contrastive energy loss of CLIP-JEM (arXiv 2408.17046, Algorithm 1): real and painted pictures together against the
/// texts, with energy E(I, T) = -cos(f_I(I), f_T(T)).
/// </summary>
public static class EnergyLoss
{
    /// <summary>
    /// CLIP's loss over the pictures real and painted. A text must have its real picture at the lowest energy of all of them;
    /// a real picture its text. Paintings are no text's picture, so they have no row of their own.
    /// </summary>
    /// <param name="real">Features <c>[M, embed]</c> of length 1; row i belongs to text i.</param>
    /// <param name="painted">Features <c>[K, embed]</c> of length 1.</param>
    /// <param name="texts">Features <c>[M, embed]</c> of length 1.</param>
    /// <param name="scale">The factor on cosines, a scalar.</param>
    public static Tensor Contrastive(Tensor real, Tensor painted, Tensor texts, Tensor scale)
    {
        var ofReal = texts.Matmul(real.T()) * scale; // [M, M]
        var labels = Ops.Arange(real.Size(0), ScalarType.Int64, device: real.Device);
        return (Choices(Ops.Cat([ofReal, texts.Matmul(painted.T()) * scale], 1), labels) + Choices(ofReal.T(), labels)) / 2;
    }

    /// <summary>The texts' half of it: each must prefer its real picture over all others and all painted ones.</summary>
    public static Tensor TextChoices(Tensor real, Tensor painted, Tensor texts, Tensor scale) => Choices(
        texts.Matmul(Ops.Cat([real, painted]).T()) * scale, Ops.Arange(real.Size(0), ScalarType.Int64, device: real.Device));

    /// <summary>A soft margin between each painting's cosine with its own text and each real picture's with its own.</summary>
    /// <param name="realCosines"><c>[M]</c>.</param>
    /// <param name="paintedCosines"><c>[K]</c>.</param>
    /// <param name="scale">The factor on cosines, a scalar.</param>
    public static Tensor Margin(Tensor realCosines, Tensor paintedCosines, Tensor scale) =>
        ((paintedCosines.Unsqueeze(0) - realCosines.Unsqueeze(1)) * (scale * 0.5)).Softplus().Mean();

    private static Tensor Choices(Tensor logits, Tensor labels) => logits.CrossEntropyLoss(labels);
}
