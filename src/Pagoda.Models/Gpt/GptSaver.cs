using Pagoda.Torch;

namespace Pagoda.Models.Gpt;

/// <summary>Writes transformers: <c>gpt.safetensors</c>, and their shape in the folder's <c>config.json</c>.</summary>
public static class GptSaver
{
    /// <summary>The name of the weights' file.</summary>
    public const string FileName = "gpt.safetensors";

    /// <summary>Writes a model, replacing one that is there; other models of the folder stay.</summary>
    /// <param name="folder">Where to; created when missing.</param>
    /// <param name="model">The model.</param>
    /// <param name="type">float32, float16 or bfloat16.</param>
    /// <param name="average">Weights to write in place of the model's own, by name; those it lacks are the model's.</param>
    /// <param name="metadata">Strings to keep in the safetensors file.</param>
    /// <exception cref="ArgumentException">The type is none of the three.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Save(
        string folder,
        GptModel model,
        ScalarType type = ScalarType.Float32,
        IReadOnlyDictionary<string, Tensor>? average = null,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        StoredWeights.Check(type);
        Directory.CreateDirectory(folder);
        GptConfigFile.Write(Path.Combine(folder, "config.json"), model.Config);
        StoredWeights.Write(Path.Combine(folder, FileName), model.Weights.StateDict, type, average, metadata);
    }
}
