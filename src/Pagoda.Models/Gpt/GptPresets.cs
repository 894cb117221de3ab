using Pagoda.Models.Catalogue;

namespace Pagoda.Models.Gpt;

/// <summary>
/// Sizes by name. <c>small</c> to <c>xl</c> are GPT-2's (Radford et al. 2019, table 2), of which CLIP-GEN uses
/// <c>medium</c>, <c>large</c> and <c>xl</c>; the two below them are for small pictures and small codebooks.
/// </summary>
public static class GptPresets
{
    private static readonly OrderedDictionary<string, (int Layers, int Width, int Heads)> Sizes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["tiny"] = (6, 256, 4),
        ["mini"] = (8, 384, 6),
        ["small"] = (12, 768, 12),
        ["medium"] = (24, 1024, 16),
        ["large"] = (36, 1280, 20),
        ["xl"] = (48, 1600, 25),
    };

    /// <summary>The names, smallest first.</summary>
    public static IReadOnlyCollection<string> Names => Sizes.Keys;

    /// <summary>A transformer of that size.</summary>
    /// <param name="name">One of <see cref="Names"/>, whatever its case.</param>
    /// <param name="vocabulary">Size of the codebook.</param>
    /// <param name="tokens">Tokens of a picture.</param>
    /// <param name="conditionWidth">Size of the CLIP embedding.</param>
    /// <param name="dropout">Dropout in training; 0.1 is CLIP-GEN's.</param>
    /// <exception cref="ArgumentException">No size has that name; the message names the nearest, or all.</exception>
    public static GptConfig Get(string name, int vocabulary, int tokens = 256, int conditionWidth = 512, double dropout = 0.1)
    {
        if (!Sizes.TryGetValue(name, out var size))
        {
            var hint = Spelling.Nearest(name, Names) is { } nearest ? $"did you mean {nearest}?" : $"known are {string.Join(", ", Names)}.";
            throw new ArgumentException($"No transformer size is called '{name}'; {hint}", nameof(name));
        }

        return new GptConfig
        {
            Layers = size.Layers,
            Width = size.Width,
            Heads = size.Heads,
            VocabularySize = vocabulary,
            BlockSize = tokens,
            ConditionWidth = conditionWidth,
            Dropout = dropout,
        };
    }
}
