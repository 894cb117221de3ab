using Pagoda.Formats.Images;
using Pagoda.Torch;

namespace Pagoda.Models.Inception;

/// <summary>
/// How pictures become the <c>[N, 3, 299, 299]</c> that <see cref="InceptionNetwork"/> looks at. The two ways move FID by several points
/// (Parmar et al. 2022, arXiv 2104.11222), so a number must say which it is, and both sides must go the same way.
/// </summary>
public static class InceptionInput
{
    /// <summary>
    /// pytorch-fid's way: bilinear without antialiasing to 299 x 299 (torch.nn.functional.interpolate, align_corners false), then 2x - 1.
    /// </summary>
    /// <param name="images"><c>[N, 3, H, W]</c> in [0, 1], of any size.</param>
    /// <returns><c>[N, 3, 299, 299]</c> in [-1, 1].</returns>
    /// <exception cref="ArgumentException">It is no batch of RGB pictures.</exception>
    public static Tensor PytorchFid(Tensor images) => (Resized(images) * 2) - 1;

    /// <summary>
    /// clean-fid's way: Pillow's bicubic with antialiasing to 299 x 299, on each channel as floats, not rounded, cut to 0 … 255; then
    /// (x - 128) / 128 (GaParmar/clean-fid: cleanfid/resize.py and inception_torchscript.py).
    /// </summary>
    /// <param name="pictures">Pictures of any size; transparency is laid over white.</param>
    /// <returns><c>[N, 3, 299, 299]</c> in [-1, 1), on the processor.</returns>
    /// <exception cref="ArgumentException">There is no picture.</exception>
    public static Tensor CleanFid(params IReadOnlyList<Picture> pictures)
    {
        if (pictures.Count == 0)
        {
            throw new ArgumentException("There is no picture to prepare; give at least one.", nameof(pictures));
        }

        const int plane = 3 * InceptionNetwork.Side * InceptionNetwork.Side;
        var values = new float[pictures.Count * plane];
        Parallel.For(0, pictures.Count, i => Clean(pictures[i]).CopyTo(values.AsSpan(i * plane)));
        return Tensor.From(values, pictures.Count, 3, InceptionNetwork.Side, InceptionNetwork.Side);
    }

    /// <summary><see cref="PytorchFid"/> before it is brought to [-1, 1].</summary>
    /// <param name="images"><c>[N, 3, H, W]</c>, of any size.</param>
    /// <exception cref="ArgumentException">It is no batch of RGB pictures.</exception>
    public static Tensor Resized(Tensor images)
    {
        if (images.Dimensions != 4 || images.Size(1) != 3)
        {
            throw new ArgumentException($"Inception-v3 looks at pictures [N, 3, H, W] in [0, 1], not at {images}.", nameof(images));
        }

        return images.UpsampleBilinear2d([InceptionNetwork.Side, InceptionNetwork.Side], alignCorners: false);
    }

    private static float[] Clean(Picture picture)
    {
        var planes = FloatResampler.Resize(picture, InceptionNetwork.Side, InceptionNetwork.Side, Resampling.Bicubic);
        for (var i = 0; i < planes.Length; i++)
        {
            planes[i] = (Math.Clamp(planes[i], 0, 255) - 128) / 128;
        }

        return planes;
    }
}
