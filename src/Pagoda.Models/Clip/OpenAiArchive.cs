using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>By what weights published by OpenAI are known (openai/CLIP: clip/clip.py, load; clip/model.py, convert_weights).</summary>
internal static class OpenAiArchive
{
    /// <summary>Numbers that their state dicts keep as tensors beside the weights.</summary>
    public static IReadOnlyList<string> Facts { get; } = ["input_resolution", "context_length", "vocab_size"];

    /// <summary>Whether it is a TorchScript archive: OpenAI publishes CLIP so, and nobody else does.</summary>
    public static bool IsArchive(ITensorArchive archive) =>
        archive.Metadata.GetValueOrDefault("format") == "TorchScript" || Facts.All(archive.Entries.ContainsKey);

    /// <summary>Whether matrices are float16 and normalisations float32, which is what convert_weights leaves behind.</summary>
    public static bool HasItsMixedTypes(ITensorArchive archive, IWeightSource weights) =>
        weights.Shape("ln_final.weight") is not null
        && archive.Entries.TryGetValue("ln_final.weight", out var norm) && norm.Type == ScalarType.Float32
        && archive.Entries.TryGetValue("text_projection", out var matrix) && matrix.Type == ScalarType.Float16;
}
