using Pagoda.Torch;

namespace Pagoda.Evaluation.Frechet;

/// <summary>
/// The blur of FID-k, which measures what is left of a picture without its small detail (Ramesh et al. 2021, DALL-E, arXiv 2102.12092,
/// section 3: both sets are blurred by a Gaussian of radius k; CogView, arXiv 2105.13290, gives k of 0, 1, 2, 4, 8 at 256 x 256).
/// It is a true Gaussian whose standard deviation is k pixels, cut at ⌈4k⌉ pixels and made to sum to 1, on the picture at its own size,
/// edges repeated, not rounded. Pillow's <c>GaussianBlur(radius=k)</c> aims at the same deviation with three box blurs in a row, rounded to
/// 8 bits: on a picture of edges and waves it lies off by half of one of 255 steps on average for k of 1 and 2, by one for k of 4, and by up
/// to 14 at the picture's edge. A report of FID-k must say which of the two was used.
/// </summary>
public static class GaussianBlur
{
    /// <summary>Blurs pictures.</summary>
    /// <param name="images"><c>[N, C, H, W]</c>, floating point, of any range.</param>
    /// <param name="sigma">The standard deviation in pixels; 0 changes nothing.</param>
    /// <returns>The same shape, in the current scope.</returns>
    /// <exception cref="ArgumentException">It is no batch of pictures, or the deviation is negative or no number.</exception>
    public static Tensor Apply(Tensor images, double sigma)
    {
        if (images.Dimensions != 4 || !(sigma >= 0) || double.IsInfinity(sigma))
        {
            throw new ArgumentException($"A blur takes pictures [N, C, H, W] and a deviation of 0 pixels or more, not {images} and {sigma}.", nameof(sigma));
        }

        if (sigma == 0)
        {
            return images;
        }

        using var scope = new TensorScope();
        long radius = (long)Math.Ceiling(4 * sigma), channels = images.Size(1);
        var weights = Enumerable.Range(0, (int)((2 * radius) + 1)).Select(i => Math.Exp(-(i - radius) * (i - radius) / (2 * sigma * sigma))).ToArray();
        var row = (Tensor.From(weights) / weights.Sum()).To(device: images.Device, dtype: images.Type).Expand([channels, 1, 1, weights.Length]);
        var wide = images.Pad([radius, radius, radius, radius], "replicate");
        return scope.Keep(wide.Conv2d(row, null, [1, 1], [0, 0], [1, 1], channels).Conv2d(row.Transpose(2, 3), null, [1, 1], [0, 0], [1, 1], channels));
    }
}
