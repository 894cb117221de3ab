using System.Globalization;
using Pagoda.Generation.Prompts;
using Pagoda.Generation.Provenance;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;

namespace Pagoda.Generation.Guidance;

/// <summary>A CLIP that guides a brush by its gradient or chooses among CLIP-GEN's candidates, alone or together with others.</summary>
/// <param name="Model">CLIP; its weights stay as they are.</param>
/// <param name="Tokenizer">Its tokenizer.</param>
/// <param name="Weight">How much it counts, above 0; what counts is its share in the sum of all weights.</param>
public sealed record Critic(ClipModel Model, ClipTokenizer Tokenizer, double Weight = 1)
{
    /// <summary>Its file, for records of paintings; null where it is not known.</summary>
    public NetworkRecord? File { get; init; }

    /// <summary>A model that was loaded, as a critic.</summary>
    /// <param name="clip">The model, which stays its owner's.</param>
    /// <param name="weight">How much it counts.</param>
    public static Critic Of(LoadedClip clip, double weight = 1) => new(clip.Model, clip.Tokenizer, weight) { File = new NetworkRecord(clip.Path, clip.Hash) };

    /// <summary>Reads a list of critics, <c>NAME[:weight],…</c>.</summary>
    /// <exception cref="GenerationException">A weight is not above 0, or a name is missing.</exception>
    public static IReadOnlyList<(string Name, double Weight)> ParseNames(string text) =>
    [
        .. text.Split(',', StringSplitOptions.TrimEntries).Select(part =>
        {
            var colon = part.LastIndexOf(':');
            var (name, weight) = colon > 0 && double.TryParse(part.AsSpan(colon + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? (part[..colon], number) : (part, 1);
            return name.Length > 0 && weight > 0 && double.IsFinite(weight)
                ? (name, weight)
                : throw new GenerationException($"\"{part}\" is no critic; write NAME or NAME:WEIGHT with a weight above 0, and commas between several.");
        }),
    ];

    /// <summary>What critics want of a picture.</summary>
    /// <param name="critics">The critics.</param>
    /// <param name="prompt">What to paint.</param>
    /// <param name="negative">What to stay away from; null for nothing.</param>
    /// <returns>A guide for each, their shares 1 together, with targets in the current scope.</returns>
    internal static IReadOnlyList<Guide> Guides(IReadOnlyList<Critic> critics, Prompt prompt, Prompt? negative)
    {
        var sum = critics.Sum(critic => critic.Weight);
        return [.. critics.Select(critic => new Guide(critic.Model, PromptTarget.Embed(critic.Model, critic.Tokenizer, prompt, negative), critic.Weight / sum))];
    }
}
