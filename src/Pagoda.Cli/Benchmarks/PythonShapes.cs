using Pagoda.Models.Clip;
using Pagoda.Models.Vqgan;

namespace Pagoda.Cli.Benchmarks;

/// <summary>What bench/python needs to know to build the same towers.</summary>
internal static class PythonShapes
{
    /// <summary>Whether bench/python has a tower of this kind.</summary>
    public static bool HasTower(ClipConfig config) =>
        config.Vision.Architecture == VisionArchitecture.ViT || (config.Vision.Architecture == VisionArchitecture.ConvNeXt && config.Vision.Projection == ConvNeXtProjection.Linear);

    public static IReadOnlyDictionary<string, object> Image(ClipConfig config, BenchmarkShape shape)
    {
        var vision = config.Vision;
        var same = new Dictionary<string, object>
        {
            ["kind"] = vision.Architecture.ToString(),
            ["views"] = shape.Views,
            ["size"] = shape.Size,
            ["embed"] = config.EmbedDim,
            ["mean"] = config.Mean,
            ["std"] = config.Std,
        };
        var own = vision.Architecture == VisionArchitecture.ViT
            ? new Dictionary<string, object>
            {
                ["patch"] = vision.PatchSize,
                ["width"] = vision.Width[0],
                ["layers"] = vision.Layers[0],
                ["heads"] = vision.Width[0] / vision.HeadWidth,
                ["mlp_ratio"] = vision.MlpRatio,
                ["quick_gelu"] = config.QuickGelu,
            }
            : new Dictionary<string, object> { ["widths"] = vision.Width, ["blocks"] = vision.Layers };
        return same.Concat(own).ToDictionary();
    }

    public static IReadOnlyDictionary<string, object> Vqgan(VqganConfig config)
    {
        var levels = Enumerable.Range(0, config.Multipliers.Length).ToArray();
        return new Dictionary<string, object>
        {
            ["size"] = config.Resolution,
            ["grid"] = config.Grid,
            ["codes"] = config.CodebookSize,
            ["code_width"] = config.CodebookWidth,
            ["latents"] = config.LatentChannels,
            ["channels"] = config.Channels,
            ["widths"] = levels.Select(config.Width).ToArray(),
            ["blocks"] = config.Blocks,
            ["attention"] = levels.Where(config.HasAttention).ToArray(),
            ["groups"] = config.NormGroups,
        };
    }

    /// <summary>The towers of the embedded model's kind.</summary>
    public static IReadOnlyDictionary<string, object> Emoji(ClipConfig config) => new Dictionary<string, object>
    {
        ["size"] = config.Vision.ImageSize,
        ["widths"] = config.Vision.Width,
        ["blocks"] = config.Vision.Layers,
        ["embed"] = config.EmbedDim,
        ["context"] = config.Text.ContextLength,
        ["vocabulary"] = config.Text.VocabularySize,
        ["text_width"] = config.Text.Width,
        ["text_heads"] = config.Text.Heads,
        ["text_layers"] = config.Text.Layers,
    };

    public static IReadOnlyDictionary<string, object> Text(ClipConfig config, int texts, int length) => new Dictionary<string, object>
    {
        ["texts"] = texts,
        ["length"] = length,
        ["context"] = config.Text.ContextLength,
        ["vocabulary"] = config.Text.VocabularySize,
        ["width"] = config.Text.Width,
        ["layers"] = config.Text.Layers,
        ["heads"] = config.Text.Heads,
        ["embed"] = config.EmbedDim,
        ["quick_gelu"] = config.QuickGelu,
    };
}
