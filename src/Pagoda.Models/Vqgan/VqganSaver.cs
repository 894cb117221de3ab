using Pagoda.Torch;

namespace Pagoda.Models.Vqgan;

/// <summary>
/// Writes VQGANs as folders: <see cref="VqganLoader.FileName"/> with the names of taming-transformers, and the entry
/// <c>vqgan</c> of <c>config.json</c>. A CLIP model may lie in the same folder.
/// </summary>
public static class VqganSaver
{
    /// <summary>Writes a model, replacing one that is there file by file.</summary>
    /// <param name="folder">Where to; created when missing.</param>
    /// <param name="model">The model.</param>
    /// <param name="metadata">Strings to keep in the safetensors file.</param>
    /// <param name="type">float32, float16 or bfloat16.</param>
    /// <param name="average">Weights to write in place of the model's own, by name; those it lacks are the model's.</param>
    /// <exception cref="ArgumentException">The type is none of the three.</exception>
    /// <exception cref="InvalidDataException">A <c>config.json</c> is there that cannot be added to.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Save(
        string folder,
        VqganModel model,
        IReadOnlyDictionary<string, string>? metadata = null,
        ScalarType type = ScalarType.Float32,
        IReadOnlyDictionary<string, Tensor>? average = null)
    {
        StoredWeights.Check(type);
        Directory.CreateDirectory(folder);
        VqganConfigFile.Write(Path.Combine(folder, "config.json"), model.Config);
        // What else lies in the tree is training's: the discriminator, a perceptual network.
        var weights = model.Weights.StateDict.Where(pair => !pair.Key.StartsWith("loss.", StringComparison.Ordinal));
        StoredWeights.Write(Path.Combine(folder, VqganLoader.FileName), weights, type, average, metadata);
    }
}
