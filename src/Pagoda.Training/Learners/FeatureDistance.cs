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
    private const double Smallest = 1e-10;

    /// <summary>From pictures and reconstructions <c>[N, 3, H, W]</c> in [-1, 1] to distances <c>[N]</c>; gradients go to the reconstructions only.</summary>
    /// <exception cref="InvalidDataException">The tower has no feature maps.</exception>
    public Tensor Forward(Tensor images, Tensor reconstructions)
    {
        List<Tensor> wanted;
        using (GradMode.Disable())
        {
            wanted = Features(images);
        }

        var distances = wanted.Zip(Features(reconstructions), (a, b) => (a - b).Square().Sum([1]).Mean([1, 2])).ToList();
        return distances.Aggregate((sum, one) => sum + one) / distances.Count;
    }

    /// <exception cref="InvalidDataException">The tower has no feature maps.</exception>
    public static void Check(ClipModel model)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var size = model.Config.Vision.ImageSize;
        if (new FeatureDistance(model).Features(Ops.Zeros([1, 3, size, size], device: model.Device)).Count == 0)
        {
            throw new InvalidDataException("vqgan.perceptual names a CLIP without convolutional feature maps; take one with a ConvNeXt or ResNet tower, LPIPS' weights in vqgan.lpips, or vqgan.perceptual_weight=0.");
        }
    }

    private List<Tensor> Features(Tensor images)
    {
        var size = model.Config.Vision.ImageSize;
        var x = (images + 1) * 0.5;
        x = x.Size(2) == size && x.Size(3) == size ? x : x.UpsampleBilinear2d([size, size], false);
        var maps = new List<Tensor>();
        foreach (var segment in model.ImageSegments)
        {
            x = segment(x);
            if (x.Dimensions == 4)
            {
                maps.Add(x / (x.Square().Sum([1], keepdim: true).Sqrt() + Smallest));
            }
        }

        return maps;
    }
}
