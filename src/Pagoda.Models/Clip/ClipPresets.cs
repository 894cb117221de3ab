using Pagoda.Models.Catalogue;

namespace Pagoda.Models.Clip;

/// <summary>
/// The published architectures by open_clip's names (mlfoundations/open_clip: src/open_clip/model_configs). A name with
/// <c>-quickgelu</c> is the same with QuickGELU; OpenAI's spelling <c>ViT-B/32</c> means <c>ViT-B-32</c>, as in open_clip.
/// </summary>
public static class ClipPresets
{
    private const string QuickGelu = "-quickgelu";

    private static readonly Dictionary<string, ClipConfig> Configs = new(StringComparer.OrdinalIgnoreCase)
    {
        ["RN50"] = ResNet(embedDim: 1024, layers: [3, 4, 6, 3]),
        ["RN101"] = ResNet(embedDim: 512, layers: [3, 4, 23, 3]),
        ["ViT-B-32"] = ViT(embedDim: 512, size: 224, patch: 32, width: 768, layers: 12),
        ["ViT-B-32-256"] = ViT(embedDim: 512, size: 256, patch: 32, width: 768, layers: 12),
        ["ViT-B-16"] = ViT(embedDim: 512, size: 224, patch: 16, width: 768, layers: 12),
        ["ViT-L-14"] = ViT(embedDim: 768, size: 224, patch: 14, width: 1024, layers: 24),
        ["ViT-L-14-336"] = ViT(embedDim: 768, size: 336, patch: 14, width: 1024, layers: 24),
        ["ViT-H-14"] = ViT(embedDim: 1024, size: 224, patch: 14, width: 1280, layers: 32, headWidth: 80, textLayers: 24),
        ["convnext_base_w"] = ConvNeXt("convnext_base", ConvNeXtProjection.Linear, embedDim: 640, size: 256, textLayers: 12),
        ["convnext_base_w_320"] = ConvNeXt("convnext_base", ConvNeXtProjection.Linear, embedDim: 640, size: 320, textLayers: 12),
        ["convnext_large_d"] = ConvNeXt("convnext_large", ConvNeXtProjection.Mlp, embedDim: 768, size: 256, textLayers: 16),
        ["convnext_large_d_320"] = ConvNeXt("convnext_large", ConvNeXtProjection.Mlp, embedDim: 768, size: 320, textLayers: 16),
        ["convnext_xxlarge"] = ConvNeXt("convnext_xxlarge", ConvNeXtProjection.Linear, embedDim: 1024, size: 256, textLayers: 24),
        ["convnext_xxlarge_320"] = ConvNeXt("convnext_xxlarge", ConvNeXtProjection.Linear, embedDim: 1024, size: 320, textLayers: 24),
    };

    /// <summary>The names, without those that end in <c>-quickgelu</c>.</summary>
    public static IReadOnlyCollection<string> Names => Configs.Keys;

    /// <summary>The architecture of that name, whatever its case; null when there is none.</summary>
    public static ClipConfig? Find(string name)
    {
        var plain = name.Replace('/', '-');
        var quick = plain.EndsWith(QuickGelu, StringComparison.OrdinalIgnoreCase);
        var config = Configs.GetValueOrDefault(quick ? plain[..^QuickGelu.Length] : plain);
        return quick && config is not null ? config with { QuickGelu = true } : config;
    }

    /// <summary>The architecture of that name, whatever its case.</summary>
    /// <exception cref="ArgumentException">There is none; the message names the nearest, or all.</exception>
    public static ClipConfig Get(string name)
    {
        if (Find(name) is { } config)
        {
            return config;
        }

        var hint = Spelling.Nearest(name, Names) is { } nearest ? $"did you mean {nearest}?" : $"known are {string.Join(", ", Names)}.";
        throw new ArgumentException($"No CLIP architecture is called '{name}'; {hint}", nameof(name));
    }

    private static ClipConfig ViT(int embedDim, int size, int patch, int width, int layers, int headWidth = 64, int textLayers = 12) => new()
    {
        EmbedDim = embedDim,
        Vision = new()
        {
            Architecture = VisionArchitecture.ViT,
            ImageSize = size,
            PatchSize = patch,
            Width = [width],
            Layers = [layers],
            HeadWidth = headWidth,
        },
        Text = TextOf(embedDim, textLayers),
    };

    // The text tower of the ResNets is 512 wide whatever the embedding.
    private static ClipConfig ResNet(int embedDim, int[] layers) => new()
    {
        EmbedDim = embedDim,
        Vision = new() { Architecture = VisionArchitecture.ModifiedResNet, ImageSize = 224, Width = [64], Layers = layers },
        Text = TextOf(512, 12),
    };

    private static ClipConfig ConvNeXt(string trunk, ConvNeXtProjection projection, int embedDim, int size, int textLayers) => new()
    {
        EmbedDim = embedDim,
        Vision = TimmConvNeXt.Find(trunk)! with { ImageSize = size, Projection = projection },
        Text = TextOf(embedDim, textLayers),
    };

    private static TextConfig TextOf(int width, int layers) => new() { Width = width, Heads = width / 64, Layers = layers };
}
