using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>
/// The contrastive loss of CLIP: in each row and in each column of the table of similarities the matching pair shall
/// be the largest; the mean of both cross-entropies (mlfoundations/open_clip: src/open_clip/loss.py, ClipLoss).
/// </summary>
public static class ClipLoss
{
    /// <summary>The loss of N pairs, a scalar.</summary>
    /// <param name="images">Embeddings <c>[N, embed]</c> of length 1; row i belongs to text i.</param>
    /// <param name="texts">Embeddings <c>[N, embed]</c> of length 1.</param>
    /// <param name="logitScale">The logarithm of the factor on cosines, as stored: <see cref="ClipModel.LogitScale"/>.</param>
    public static Tensor Compute(Tensor images, Tensor texts, Tensor logitScale)
    {
        var logits = logitScale.Exp() * images.Matmul(texts.Transpose(0, 1)); // [N, N]
        var matches = Ops.Arange(images.Size(0), ScalarType.Int64, device: images.Device);
        return (logits.CrossEntropyLoss(matches) + logits.Transpose(0, 1).CrossEntropyLoss(matches)) / 2;
    }
}
