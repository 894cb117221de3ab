using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>The feature maps that pictures have between the segments of a CLIP's image tower, each place's features of length 1.</summary>
/// <param name="model">The CLIP; one with convolutions, for transformers have no maps.</param>
public sealed class FeatureMaps(ClipModel model)
{
    private const double Smallest = 1e-10;

    /// <summary>The maps of pictures at the size that the model sees.</summary>
    /// <param name="pictures"><c>[N, 3, H, W]</c> in [0, 1].</param>
    /// <returns><c>[N, C, h, w]</c> each; none for transformers.</returns>
    public IReadOnlyList<Tensor> Of(Tensor pictures)
    {
        var size = model.Config.Vision.ImageSize;
        return Through(pictures.Size(2) == size && pictures.Size(3) == size ? pictures : pictures.UpsampleBilinear2d([size, size], false), model.ImageSegments);
    }

    /// <summary>The maps of pictures at their own size; not that of the last segment, which may be made for one size.</summary>
    /// <inheritdoc cref="Of"/>
    public IReadOnlyList<Tensor> AtOwnSize(Tensor pictures) => Through(pictures, model.ImageSegments.SkipLast(1));

    /// <summary>Whether the tower has maps.</summary>
    public bool Any()
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var size = model.Config.Vision.ImageSize;
        return Of(Ops.Zeros([1, 3, size, size], device: model.Device)).Count > 0;
    }

    private static List<Tensor> Through(Tensor x, IEnumerable<Func<Tensor, Tensor>> segments)
    {
        var maps = new List<Tensor>();
        foreach (var segment in segments)
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
