using Pagoda.Evaluation.Classifier;
using Pagoda.Formats.Images;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Features;

/// <summary>The 128 numbers below the names of a classifier of emoji scenes: what Inception is to photographs, for pictures of 64 x 64 pixels.</summary>
/// <param name="classifier">The network; becomes this object's.</param>
/// <param name="name">What protocols call it.</param>
/// <param name="hash">SHA-256 of its file.</param>
/// <param name="device">Where it lives.</param>
public sealed class ClassifierFeatures(SceneClassifier classifier, string name, string hash, Device device) : IFeatureNetwork
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Weights => hash;

    /// <inheritdoc/>
    public string Resizer => "bicubic-64";

    /// <inheritdoc/>
    public bool HasClasses => true;

    /// <inheritdoc/>
    public Tensor Features(IReadOnlyList<Picture> pictures, double blur)
    {
        using var scope = new TensorScope();
        const int side = SceneClassifier.ImageSize;
        var seen = pictures.Select(picture => PictureTensors.Blurred(picture, blur)).Select(picture => picture.Width == side && picture.Height == side ? picture : picture.Resize(side, side, Resampling.Bicubic)).ToArray();
        return scope.Keep(classifier.Features(PictureTensors.Of(seen, device)));
    }

    /// <inheritdoc/>
    public Tensor Classes(Tensor features) => classifier.Scores(features);

    /// <inheritdoc/>
    public void Dispose() => classifier.Dispose();
}
