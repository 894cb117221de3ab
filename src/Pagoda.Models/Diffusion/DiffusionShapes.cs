using System.Text.RegularExpressions;
using Pagoda.Torch;

namespace Pagoda.Models.Diffusion;

/// <summary>Reads the shape of a denoising network off the names and shapes of its weights; what they do not show is as in the published ones.</summary>
internal static partial class DiffusionShapes
{
    private const string First = "input_blocks.0.0.weight";

    /// <summary>Whether these are the weights of such a network.</summary>
    public static bool IsSource(IWeightSource source) => source.Shape(First) is { Length: 4 } && source.Shape("time_embed.0.weight") is { Length: 2 } && source.Shape("middle_block.0.in_layers.2.weight") is not null;

    /// <summary>The shape.</summary>
    /// <param name="source">The weights.</param>
    /// <param name="name">The file's name, which may say the pictures' size (256x256_diffusion_uncond.pt).</param>
    /// <exception cref="InvalidDataException">The network is another than Pagoda knows.</exception>
    public static DiffusionConfig Infer(IWeightSource source, string name)
    {
        if (source.Shape("label_emb.weight") is not null)
        {
            throw new InvalidDataException($"{source.Description} is a denoising network for classes of pictures (label_emb); Pagoda steers those without.");
        }

        if (source.Shape(First)![1] != 3)
        {
            throw new InvalidDataException($"{source.Description} denoises maps of {source.Shape(First)![1]} channels, not pictures of 3.");
        }

        var channels = (int)source.Shape("time_embed.0.weight")![1];
        var widths = new List<int>();
        for (var block = 1; ; block++)
        {
            if ((source.Shape($"input_blocks.{block}.0.out_layers.3.weight") ?? source.Shape($"input_blocks.{block}.0.op.weight")) is not { } shape)
            {
                break;
            }

            widths.Add((int)shape[0]);
        }

        var (levels, blocks) = Levels(source, widths);
        var starts = Enumerable.Range(0, levels).Select(level => 1 + (level * (blocks + 1))).ToList();
        var attention = starts.Select((start, level) => (Factor: 1 << level, Has: source.Shape($"input_blocks.{start}.1.qkv.weight") is not null)).Where(level => level.Has).Select(level => level.Factor);
        var heads = starts.Where(start => source.Shape($"input_blocks.{start}.1.qkv.weight") is not null).Select(start => widths[start - 1]).Append(widths[^1]);
        var side = Side().Match(name);
        return new DiffusionConfig
        {
            Resolution = side.Success ? int.Parse(side.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : 256,
            Channels = channels,
            Multipliers = [.. starts.Select(start => (double)widths[start - 1] / channels)],
            Blocks = blocks,
            AttentionFactors = [.. attention],
            HeadChannels = heads.All(width => width % 64 == 0) ? 64 : 0,
            ScaleShift = source.Shape("input_blocks.1.0.emb_layers.1.weight") is { } time && time[0] == 2 * widths[0],
            ResidualResampling = !widths.Select((_, at) => source.Shape($"input_blocks.{at + 1}.0.op.weight")).Any(shape => shape is not null),
            LearnedVariance = source.Shape("out.2.weight") is { } last && last[0] == 6,
        };
    }

    /// <summary>
    /// Levels and blocks of a level: a level has its blocks and, but for the last, one that halves; attention shows where levels end, for what halves has none.
    /// </summary>
    private static (int Levels, int Blocks) Levels(IWeightSource source, List<int> widths)
    {
        var all = widths.Count + 1;
        foreach (var blocks in new[] { 2, 3, 1, 4, 5, 6 })
        {
            var levels = all / (blocks + 1);
            if (levels * (blocks + 1) == all && Enumerable.Range(0, levels).All(level => Fits(level * (blocks + 1), blocks, level < levels - 1)))
            {
                return (levels, blocks);
            }
        }

        throw new InvalidDataException($"{source.Description} has {all} input blocks, which Pagoda cannot divide into levels; say the shape in a config.json beside it.");

        bool Fits(int start, int blocks, bool halves)
        {
            bool Has(int at, string what) => source.Shape($"input_blocks.{at + 1}.{what}") is not null;
            var ends = start + blocks;
            return Enumerable.Range(start, blocks).All(at => widths[at] == widths[start] && !Has(at, "0.op.weight") && Has(at, "1.qkv.weight") == Has(start, "1.qkv.weight"))
                && (!halves || (widths[ends] == widths[start] && !Has(ends, "1.qkv.weight")));
        }
    }

    [GeneratedRegex(@"(\d+)x\1(?!\d)")]
    private static partial Regex Side();
}
