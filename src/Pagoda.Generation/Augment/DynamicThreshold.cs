using Pagoda.Torch;

namespace Pagoda.Generation.Augment;

/// <summary>
/// Dynamic thresholding (Saharia et al. 2022, Imagen, section 2.3) as in CLIPAG's notebook: where more than a share of the
/// values lies outside the range, the picture is pulled together instead of cut off.
/// </summary>
public static class DynamicThreshold
{
    /// <summary>
    /// Pictures <c>[N, 3, H, W]</c> back into [0, 1]: with s the p-quantile of |2x - 1| over the whole batch, at least 1, values
    /// are clamped to ±s and divided by s in [-1, 1].
    /// </summary>
    public static Tensor Apply(Tensor pictures, double p)
    {
        var centred = (pictures * 2) - 1;
        var limit = Quantile(centred, p).ClampMin(1);
        return ((centred.Minimum(limit).Maximum(-limit) / limit) + 1) / 2;
    }

    /// <summary>The p-quantile of the absolute values, interpolated linearly: the s above before its lower bound.</summary>
    public static Tensor Quantile(Tensor centred, double p) => centred.Abs().Quantile(p);
}
