using Pagoda.Formats.Checkpoints;
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
        if (type is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
        {
            throw new ArgumentException($"Weights are saved as float32, float16 or bfloat16, not as {type}.", nameof(type));
        }

        Directory.CreateDirectory(folder);
        VqganConfigFile.Write(Path.Combine(folder, "config.json"), model.Config);
        // What else lies in the tree is training's: the discriminator, a perceptual network.
        var tensors = model.Weights.StateDict.Where(pair => !pair.Key.StartsWith("loss.", StringComparison.Ordinal))
            .Select(pair => ToWrite(pair.Key, average?.GetValueOrDefault(pair.Key) ?? pair.Value, type));
        var entries = new Dictionary<string, string>(metadata ?? new Dictionary<string, string>()) { ["format"] = "pt" };
        SafetensorsWriter.Write(Path.Combine(folder, VqganLoader.FileName), tensors, entries, overwrite: true);
    }

    private static TensorToWrite ToWrite(string name, Tensor tensor, ScalarType type) => new(name, type, tensor.Shape.ToArray(), stream =>
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        stream.Write(tensor.Detach().To(type).ToBytes());
    });
}
