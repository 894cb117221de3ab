using Pagoda.Formats.Images;
using Pagoda.Generation.Scoring;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Features;

/// <summary>
/// The image embedding of a CLIP, before it is brought to length 1: the features of CLIP-FID (Kynkäänniemi et al. 2022, arXiv 2203.06026;
/// GaParmar/clean-fid: <c>--model_name clip_vit_b_32</c>), and, at length 1, of CLIPSIM and retrieval.
/// </summary>
/// <param name="clip">The CLIP.</param>
/// <param name="owned">Whether it becomes this object's.</param>
public sealed class ClipFeatures(LoadedClip clip, bool owned = true) : IFeatureNetwork
{
    private readonly PictureCritic _critic = new(clip);

    /// <summary>The CLIP.</summary>
    public LoadedClip Clip => clip;

    /// <inheritdoc/>
    public string Name => clip.Name;

    /// <inheritdoc/>
    public string Weights => clip.Hash;

    /// <inheritdoc/>
    public string Resizer => "clip";

    /// <inheritdoc/>
    public bool HasClasses => false;

    /// <inheritdoc/>
    public Tensor Features(IReadOnlyList<Picture> pictures, double blur)
    {
        using var scope = new TensorScope();
        var seen = pictures.Select(picture => _critic.Seen(PictureTensors.Blurred(picture, blur))).ToArray();
        return scope.Keep(clip.Model.ImageFeatures(PictureTensors.Of(seen, clip.Model.Device)).To(ScalarType.Float32));
    }

    /// <inheritdoc/>
    public Tensor Classes(Tensor features) => throw new InvalidOperationException($"{Name} is a CLIP and names no classes; an Inception Score takes inception-fid or a classifier.");

    /// <inheritdoc/>
    public void Dispose()
    {
        if (owned)
        {
            clip.Dispose();
        }
    }
}
