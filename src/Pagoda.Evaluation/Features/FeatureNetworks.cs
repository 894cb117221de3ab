using Pagoda.Evaluation.Classifier;
using Pagoda.Generation.Provenance;
using Pagoda.Models.Clip;
using Pagoda.Models.Inception;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Features;

/// <summary>Loads feature networks by what is typed: <c>inception-fid</c> or a file of Inception-v3, <c>clip:NAME</c>, <c>classifier:FILE</c>.</summary>
public static class FeatureNetworks
{
    private const string Clip = "clip:", Classifier = "classifier:";

    /// <summary>Loads one.</summary>
    /// <param name="text">What is typed.</param>
    /// <param name="resizer">How Inception gets its pictures: <see cref="InceptionFeatures.PytorchFid"/> or <see cref="InceptionFeatures.CleanFid"/>; others have their own way.</param>
    /// <param name="device">Where it shall live.</param>
    /// <exception cref="FileNotFoundException">The weights are not there; the message says what to do.</exception>
    /// <exception cref="InvalidDataException">The file holds another network.</exception>
    public static IFeatureNetwork Load(string text, string resizer, Device device)
    {
        if (text.StartsWith(Clip, StringComparison.Ordinal))
        {
            return new ClipFeatures(ClipLoader.Load(text[Clip.Length..], device));
        }

        if (!text.StartsWith(Classifier, StringComparison.Ordinal))
        {
            return new InceptionFeatures(InceptionLoader.Load(text, device), device, resizer == InceptionFeatures.CleanFid);
        }

        var file = text[Classifier.Length..];
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"There is no {file}; --features classifier:FILE takes the classifier.safetensors that ./run compare trains.");
        }

        return new ClassifierFeatures(SceneClassifier.Load(file, device), Path.GetFileNameWithoutExtension(file), FileRecord.Of(file).Sha256, device);
    }
}
