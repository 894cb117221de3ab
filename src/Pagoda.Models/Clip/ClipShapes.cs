using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>
/// A CLIP model's configuration read off the shapes of its weights, for checkpoints that come without one
/// (openai/CLIP: clip/model.py, build_model). Shapes do not say which GELU was used.
/// </summary>
internal static class ClipShapes
{
    /// <exception cref="InvalidDataException">The tensors are not CLIP's, or leave something open.</exception>
    public static ClipConfig Infer(IWeightSource source)
    {
        var projection = Required(source, "text_projection", 2);
        var tokens = Required(source, "token_embedding.weight", 2);
        var width = (int)projection[0];
        var vision = source.Shape("visual.proj") is not null ? Transformer(source)
            : source.Shape("visual.layer1.0.conv1.weight") is not null ? ResNet(source)
            : throw new InvalidDataException($"{source.Description}: its shapes do not say which CLIP architecture it is; name it with --arch, such as --arch convnext_base_w.");
        var config = new ClipConfig
        {
            EmbedDim = (int)projection[1],
            Vision = vision,
            Text = new TextConfig
            {
                ContextLength = (int)Required(source, "positional_embedding", 2)[0],
                VocabularySize = (int)tokens[0],
                Width = width,
                Heads = Math.Max(1, width / 64),
                Layers = Blocks(source, "transformer.resblocks"),
            },
        };

        // A published architecture of the same shape knows its number of heads, which the shapes do not show.
        var known = ClipPresets.Names.Select(ClipPresets.Get).FirstOrDefault(preset =>
            preset.Vision.Architecture == vision.Architecture && preset.Vision.Width.SequenceEqual(vision.Width)
            && preset.Vision.Layers.SequenceEqual(vision.Layers) && preset.Vision.PatchSize == vision.PatchSize);
        return known is null ? config : config with { Vision = vision with { HeadWidth = known.Vision.HeadWidth } };
    }

    private static VisionConfig Transformer(IWeightSource source)
    {
        var kernel = Required(source, "visual.conv1.weight", 4);
        var hidden = Required(source, "visual.transformer.resblocks.0.mlp.c_fc.weight", 2)[0];
        return new VisionConfig
        {
            Architecture = VisionArchitecture.ViT,
            Width = [(int)kernel[0]],
            PatchSize = (int)kernel[3],
            Layers = [Blocks(source, "visual.transformer.resblocks")],
            ImageSize = (int)kernel[3] * Grid(source, "visual.positional_embedding"),
            MlpRatio = hidden / (double)kernel[0],
        };
    }

    private static VisionConfig ResNet(IWeightSource source) => new()
    {
        Architecture = VisionArchitecture.ModifiedResNet,
        Width = [(int)Required(source, "visual.layer1.0.conv1.weight", 4)[0]],
        Layers = [.. Enumerable.Range(1, 4).Select(stage => Numbers(source, $"visual.layer{stage}."))],
        ImageSize = 32 * Grid(source, "visual.attnpool.positional_embedding"),
    };

    /// <summary>The side of the grid of patches: all positions but the class token's.</summary>
    private static int Grid(IWeightSource source, string name)
    {
        var patches = Required(source, name, 2)[0] - 1;
        var side = (int)Math.Round(Math.Sqrt(patches));
        return side * side == patches
            ? side
            : throw new InvalidDataException($"{source.Description}: {name} has {patches} positions beside the class token's, which are no square; Pagoda's models take squares.");
    }

    private static int Blocks(IWeightSource source, string prefix) => Numbers(source, prefix + ".");

    /// <summary>How many different numbers follow a prefix.</summary>
    private static int Numbers(IWeightSource source, string prefix)
    {
        var numbers = source.Names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name => name[prefix.Length..].Split('.')[0]).Distinct().Count();
        return numbers > 0 ? numbers : throw new InvalidDataException($"{source.Description} has no tensors {prefix}*: it is no CLIP checkpoint that Pagoda knows.");
    }

    private static long[] Required(IWeightSource source, string name, int dimensions) =>
        source.Shape(name) is { } shape && shape.Length == dimensions
            ? shape
            : throw new InvalidDataException($"{source.Description} has no tensor {name} of {dimensions} dimensions: it is no CLIP checkpoint that Pagoda knows.");
}
