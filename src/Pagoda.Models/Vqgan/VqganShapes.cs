using Pagoda.Torch;

namespace Pagoda.Models.Vqgan;

/// <summary>A VQGAN's configuration read off names and shapes of its weights, which leave only the resolution open.</summary>
internal static class VqganShapes
{
    /// <param name="source">Weights with the names of taming-transformers.</param>
    /// <param name="resolution">The side of the pictures it was trained on.</param>
    /// <exception cref="InvalidDataException">The weights are not those of a VQGAN, or of a variant that Pagoda does not have.</exception>
    public static VqganConfig Infer(IWeightSource source, int resolution)
    {
        var stem = Required(source, "encoder.conv_in.weight", 4);
        if (stem[1] != 3)
        {
            throw new InvalidDataException($"{source.Description} codes maps of {stem[1]} channels; Pagoda's VQGAN takes pictures of 3.");
        }

        var gumbel = source.Shape("quantize.embed.weight") is not null;
        var codebook = Required(source, gumbel ? "quantize.embed.weight" : "quantize.embedding.weight", 2);
        var levels = Count(source, "encoder.down", ".block.0.conv1.weight");
        var widths = Enumerable.Range(0, levels).Select(level => Required(source, $"encoder.down.{level}.block.0.conv1.weight", 4)[0]).ToList();
        if (levels == 0 || widths.Any(width => width % stem[0] != 0))
        {
            throw new InvalidDataException($"{source.Description}: its levels have {string.Join(", ", widths)} channels, which are not multiples of the first convolution's {stem[0]}; Pagoda has no such VQGAN.");
        }

        return new VqganConfig
        {
            Resolution = resolution,
            Channels = (int)stem[0],
            Multipliers = [.. widths.Select(width => (int)(width / stem[0]))],
            Blocks = Count(source, "encoder.down.0.block", ".conv1.weight"),
            AttentionResolutions = [.. Enumerable.Range(0, levels).Where(level => source.Shape($"encoder.down.{level}.attn.0.norm.weight") is not null).Select(level => resolution >> level)],
            LatentChannels = (int)Required(source, "encoder.conv_out.weight", 4)[0],
            CodebookSize = (int)codebook[0],
            CodebookWidth = (int)codebook[1],
            Gumbel = gumbel,
        };
    }

    /// <summary>How many numbers from 0 on stand between a prefix and a suffix.</summary>
    private static int Count(IWeightSource source, string prefix, string suffix)
    {
        var count = 0;
        while (source.Shape($"{prefix}.{count}{suffix}") is not null)
        {
            count++;
        }

        return count;
    }

    private static long[] Required(IWeightSource source, string name, int dimensions) =>
        source.Shape(name) is { } shape && shape.Length == dimensions
            ? shape
            : throw new InvalidDataException($"{source.Description} has no tensor {name} of {dimensions} dimensions: it is no VQGAN that Pagoda knows.");
}
