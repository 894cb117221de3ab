using Pagoda.Models.Lpips;
using Pagoda.Torch;

namespace Pagoda.Evaluation;

/// <summary>
/// How much the pictures of one prompt differ: the mean LPIPS over all pairs (Zhu et al. 2017, arXiv 1711.11586, section 5.2). 0 for
/// pictures all alike; higher is more diverse, and noise is very diverse, so it means nothing without a measure of quality beside it.
/// </summary>
public static class PerceptualDiversity
{
    /// <summary>Measures the mean distance of all pairs.</summary>
    /// <param name="distance">The perceptual distance.</param>
    /// <param name="images"><c>[N, 3, H, W]</c> in [0, 1], N at least 2, on its device. Maps of all are held at once: about 30 MB a picture at 256 x 256.</param>
    /// <exception cref="ArgumentException">There are fewer than two pictures.</exception>
    public static double Of(LpipsDistance distance, Tensor images)
    {
        if (images.Dimensions != 4 || images.Size(0) < 2)
        {
            throw new ArgumentException($"Diversity takes two pictures or more, [N, 3, H, W], not {images}.", nameof(images));
        }

        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        var maps = new List<Tensor[]>();
        var (sum, pairs) = (0.0, 0);
        foreach (var image in images.Split(1))
        {
            var here = distance.Features((image * 2) - 1);
            foreach (var before in maps)
            {
                using var pair = new TensorScope();
                sum += distance.Compare(before, here).ToDouble();
                pairs++;
            }

            maps.Add(here);
        }

        return sum / pairs;
    }
}
