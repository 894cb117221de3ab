using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>
/// Which GELU a checkpoint was trained with, as far as it can be known. Weights of either kind load into the other
/// without an error and then give bad features, so a guess is never made: OpenAI's own weights are QuickGELU, and so is
/// what was named after a configuration that says so; what open_clip saves under a plain name is the exact GELU
/// (open_clip: src/open_clip/factory.py, create_model, force_quick_gelu).
/// </summary>
internal static class ClipActivation
{
    /// <summary>
    /// What is known when the architecture was named; null when the file contradicts the name, or is of Hugging Face's
    /// kind, whose plain names are no statement about it.
    /// </summary>
    public static bool? OfArchitecture(ClipConfig named, ITensorArchive archive, IWeightSource weights) =>
        named.QuickGelu || OpenAiArchive.IsArchive(archive) ? true
            : OpenAiArchive.HasItsMixedTypes(archive, weights) || ClipNames.IsHuggingFace(archive.Entries.Keys) ? null
            : false;

    /// <summary>What is known from the file alone; null when that is nothing.</summary>
    public static bool? OfCheckpoint(ITensorArchive archive, IWeightSource weights) =>
        OpenAiArchive.IsArchive(archive) || OpenAiArchive.HasItsMixedTypes(archive, weights) ? true : null;

    /// <summary>The refusal to guess.</summary>
    public static InvalidDataException Undecided(string path) => new(
        $"{path} does not say whether it was trained with QuickGELU (OpenAI's weights and their fine-tunings) or the exact GELU (open_clip's, CLIPAG's): give --quick-gelu or --gelu, or its architecture with --arch.");
}
