using Pagoda.Torch;

namespace Pagoda.Models.Diffusion;

/// <summary>Writes denoising networks as folders: <see cref="DiffusionLoader.FileName"/> with guided-diffusion's names, and the entry <c>diffusion</c> of <c>config.json</c>.</summary>
public static class DiffusionSaver
{
    /// <summary>Writes a network, replacing one that is there file by file.</summary>
    /// <param name="folder">Where to; created when missing.</param>
    /// <param name="model">The network.</param>
    /// <param name="metadata">Strings to keep in the safetensors file.</param>
    /// <param name="type">float32, float16 or bfloat16.</param>
    /// <param name="average">Weights to write in place of the network's own, by name.</param>
    /// <exception cref="ArgumentException">The type is none of the three.</exception>
    /// <exception cref="InvalidDataException">A <c>config.json</c> is there that cannot be added to.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Save(
        string folder,
        DiffusionUNet model,
        IReadOnlyDictionary<string, string>? metadata = null,
        ScalarType type = ScalarType.Float32,
        IReadOnlyDictionary<string, Tensor>? average = null)
    {
        StoredWeights.Check(type);
        Directory.CreateDirectory(folder);
        DiffusionConfigFile.Write(Path.Combine(folder, "config.json"), model.Config);
        StoredWeights.Write(Path.Combine(folder, DiffusionLoader.FileName), model.Weights.StateDict, type, average, metadata);
    }
}
