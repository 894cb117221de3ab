using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Models;

/// <summary>Writes networks' weights.</summary>
internal static class StoredWeights
{
    /// <summary>Refuses types that weights are not saved as.</summary>
    /// <exception cref="ArgumentException">It is one of them.</exception>
    public static void Check(ScalarType type)
    {
        if (type is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
        {
            throw new ArgumentException($"Weights are saved as float32, float16 or bfloat16, not as {type}.", nameof(type));
        }
    }

    /// <summary>Writes a safetensors file, replacing one that is there.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="weights">The weights under their names.</param>
    /// <param name="type">The type to write them in; single numbers, and what is no floating point, stay as they are.</param>
    /// <param name="average">Weights to write in place of others, by name.</param>
    /// <param name="metadata">Strings to keep in the file.</param>
    /// <exception cref="ArgumentException">The type is none that weights are saved as.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Write(
        string path, IEnumerable<KeyValuePair<string, Tensor>> weights, ScalarType type, IReadOnlyDictionary<string, Tensor>? average, IReadOnlyDictionary<string, string>? metadata)
    {
        Check(type);
        var tensors = weights.Select(pair => ToWrite(pair.Key, average?.GetValueOrDefault(pair.Key) ?? pair.Value, type));
        // Other programs ask for this entry before they read a file (huggingface/transformers: modeling_utils.py, load_state_dict).
        var entries = new Dictionary<string, string>(metadata ?? new Dictionary<string, string>()) { ["format"] = "pt" };
        SafetensorsWriter.Write(path, tensors, entries, overwrite: true);
    }

    private static TensorToWrite ToWrite(string name, Tensor tensor, ScalarType type)
    {
        // A rounded logit scale would change every probability, and numbers take no room.
        var stored = tensor.Type.IsFloatingPoint() && tensor.Elements > 1 ? type : tensor.Type;
        return new TensorToWrite(name, stored, tensor.Shape.ToArray(), stream =>
        {
            using var scope = new TensorScope();
            using var frozen = GradMode.Disable();
            stream.Write(tensor.Detach().To(stored).ToBytes());
        });
    }
}
