using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Training.Learners;

/// <summary>
/// A perceptual distance on the feature maps of a CLIP's image tower, where LPIPS has no weights: at each map, features of length 1
/// over the channels, squared differences summed over channels and averaged over places (LPIPS, Zhang et al. 2018, arXiv 1801.03924,
/// equation 1, with all channel weights 1), then the mean of the maps.
/// </summary>
internal sealed class FeatureDistance(ClipModel model)
{
    private readonly FeatureMaps _maps = new(model);

    /// <summary>From pictures and reconstructions <c>[N, 3, H, W]</c> in [-1, 1] to distances <c>[N]</c>; gradients go to the reconstructions only.</summary>
    /// <exception cref="InvalidDataException">The tower has no feature maps.</exception>
    public Tensor Forward(Tensor images, Tensor reconstructions)
    {
        IReadOnlyList<Tensor> wanted;
        using (GradMode.Disable())
        {
            wanted = _maps.Of((images + 1) * 0.5);
        }

        var distances = wanted.Zip(_maps.Of((reconstructions + 1) * 0.5), (a, b) => (a - b).Square().Sum([1]).Mean([1, 2])).ToList();
        return distances.Aggregate((sum, one) => sum + one) / distances.Count;
    }

    /// <exception cref="InvalidDataException">The tower has no feature maps.</exception>
    public static void Check(ClipModel model)
    {
        if (!new FeatureMaps(model).Any())
        {
            throw new InvalidDataException("vqgan.perceptual names a CLIP without convolutional feature maps; take one with a ConvNeXt or ResNet tower, LPIPS' weights in vqgan.lpips, or vqgan.perceptual_weight=0.");
        }
    }
}
