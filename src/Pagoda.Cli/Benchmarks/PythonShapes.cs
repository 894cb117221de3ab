using Pagoda.Models.Clip;

namespace Pagoda.Cli.Benchmarks;

/// <summary>What bench/python needs to know to build the same towers.</summary>
internal static class PythonShapes
{
    public static IReadOnlyDictionary<string, object> Image(ClipConfig config, BenchmarkShape shape) => new Dictionary<string, object>
    {
        ["views"] = shape.Views,
        ["size"] = shape.Size,
        ["patch"] = config.Vision.PatchSize,
        ["width"] = config.Vision.Width[0],
        ["layers"] = config.Vision.Layers[0],
        ["heads"] = config.Vision.Width[0] / config.Vision.HeadWidth,
        ["mlp_ratio"] = config.Vision.MlpRatio,
        ["embed"] = config.EmbedDim,
        ["quick_gelu"] = config.QuickGelu,
        ["mean"] = config.Mean,
        ["std"] = config.Std,
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
