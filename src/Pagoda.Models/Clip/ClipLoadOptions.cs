using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>What <see cref="ClipLoader"/> is told beside the weights.</summary>
public sealed record ClipLoadOptions
{
    /// <summary>The architecture's name (<see cref="ClipPresets"/>), for files that come without a configuration.</summary>
    public string? Architecture { get; init; }

    /// <summary>QuickGELU (true) or the exact GELU (false), against whatever the files say; null to go by the files.</summary>
    public bool? QuickGelu { get; init; }

    /// <summary>Side of the pictures in pixels, if not the one the weights were trained with; learnt positions are resized.</summary>
    public int? ImageSize { get; init; }

    /// <summary>The tokenizer's file or folder; null to look beside the weights, in the cache and at <c>PAGODA_VOCAB</c>.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>The type to hold weights in.</summary>
    public ScalarType Type { get; init; } = ScalarType.Float32;

    /// <summary>
    /// Whether the weights will be written to. If not, those that need no conversion stay in the mapped file, which takes
    /// no time and no memory, and writing to them would end the process.
    /// </summary>
    public bool ForTraining { get; init; }
}
