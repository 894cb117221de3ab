using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Generation.Guidance;

/// <summary>Where a CLIP wants a picture to go.</summary>
/// <param name="Model">Its weights are not touched.</param>
/// <param name="Target">What to paint: <c>[1, embed]</c> of length 1.</param>
/// <param name="Share">Its part of the loss; the shares of all guides of a painting are 1 together.</param>
public sealed record Guide(ClipModel Model, Tensor Target, double Share = 1)
{
    /// <summary>Minus the cosine of pictures with the target, of each seen whole.</summary>
    /// <param name="pictures"><c>[N, 3, S, S]</c> in [0, 1].</param>
    /// <returns><c>[N]</c>.</returns>
    public Tensor Energy(Tensor pictures) =>
        -(Model.EncodeImage(Augment.SeparableSampling.Resize(pictures, Model.Config.Vision.ImageSize)) * Target).Sum([-1]);
}
