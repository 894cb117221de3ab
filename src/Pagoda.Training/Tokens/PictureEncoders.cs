using Pagoda.Models.Clip;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Training.Tokens;

/// <summary>What a transformer of CLIP-GEN is trained between: pictures as tokens, and as embeddings.</summary>
internal sealed class PictureEncoders(LoadedVqgan vqgan, LoadedClip clip)
{
    /// <summary>Tokens <c>[N, T]</c> of pictures <c>[N, 3, S, S]</c> in [0, 1].</summary>
    public Tensor Tokens(Tensor images)
    {
        using var frozen = GradMode.Disable();
        return vqgan.Model.EncodeTokens((images * 2) - 1).Flatten(1);
    }

    /// <summary>CLIP embeddings <c>[N, C]</c> of length 1; gradients go to the pictures.</summary>
    public Tensor Embed(Tensor images)
    {
        var size = clip.Model.Config.Vision.ImageSize;
        return clip.Model.EncodeImage(images.Size(2) == size && images.Size(3) == size ? images : images.UpsampleBicubic2d([size, size], false));
    }
}
