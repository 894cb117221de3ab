namespace Pagoda.Models.Clip;

/// <summary>
/// The ConvNeXt trunks by timm's names (huggingface/pytorch-image-models: timm/models/convnext.py, the functions that
/// are registered as models there).
/// </summary>
internal static class TimmConvNeXt
{
    private static readonly Dictionary<string, VisionConfig> Trunks = new()
    {
        ["convnext_tiny"] = Trunk([3, 3, 9, 3], 96),
        ["convnext_small"] = Trunk([3, 3, 27, 3], 96),
        ["convnext_base"] = Trunk([3, 3, 27, 3], 128),
        ["convnext_large"] = Trunk([3, 3, 27, 3], 192),
        ["convnext_xlarge"] = Trunk([3, 3, 27, 3], 256),
        ["convnext_xxlarge"] = Trunk([3, 4, 30, 3], 384) with { NormEpsilon = 1e-5 },
    };

    public static IReadOnlyCollection<string> Names => Trunks.Keys;

    /// <summary>The trunk, whose image size and projection are for the caller to set; null when there is none of that name.</summary>
    public static VisionConfig? Find(string name) => Trunks.GetValueOrDefault(name);

    /// <summary>timm's name of a trunk, or null when it has none.</summary>
    public static string? NameOf(VisionConfig config) =>
        Trunks.FirstOrDefault(known =>
            known.Value.Layers.SequenceEqual(config.Layers) && known.Value.Width.SequenceEqual(config.Width) && known.Value.NormEpsilon == config.NormEpsilon).Key;

    private static VisionConfig Trunk(int[] depths, int width) => new()
    {
        Architecture = VisionArchitecture.ConvNeXt,
        ImageSize = 256,
        Layers = depths,
        Width = [width, 2 * width, 4 * width, 8 * width],
    };
}
