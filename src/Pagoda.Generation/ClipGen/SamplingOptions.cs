using System.Text.Json.Serialization;

namespace Pagoda.Generation.ClipGen;

/// <summary>How tokens are chosen. The defaults are those of CLIP-GEN's published sampling.</summary>
public sealed record SamplingOptions
{
    /// <summary>Divides the logits: below 1 likely tokens become more likely; 0 always takes the most likely one.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only so many of the most likely tokens can be chosen; 0 for all.</summary>
    public int TopK { get; init; } = 500;

    /// <summary>Only the fewest most likely tokens that have this probability together can be chosen; 1 for all.</summary>
    public double TopP { get; init; } = 0.95;

    /// <summary>
    /// Classifier-free guidance (Ho and Salimans 2022): logits = without condition + guidance · (with − without). 1 is
    /// none; more follows the condition more closely. It needs a model trained with dropped conditions.
    /// </summary>
    public double Guidance { get; init; } = 1;

    /// <summary>The randomness: each sequence depends on it and on its own number, not on how many there are beside it.</summary>
    [JsonIgnore]
    public ulong Seed { get; init; }

    /// <summary>The number of the first sequence: sequence i of a batch is what sequence <see cref="First"/> + i of a larger one is.</summary>
    [JsonIgnore]
    public int First { get; init; }

    /// <summary>Refuses what is out of range.</summary>
    /// <exception cref="GenerationException">One sentence on the value at fault.</exception>
    public void Check()
    {
        Require(Temperature >= 0 && double.IsFinite(Temperature), $"A temperature of {Temperature} is out of range; choose 0 or more.");
        Require(TopK >= 0, $"A top-k of {TopK} is out of range; choose 1 or more, or 0 for all tokens.");
        Require(TopP is > 0 and <= 1, $"A top-p of {TopP} is out of range; choose above 0, up to 1.");
        Require(Guidance >= 0 && double.IsFinite(Guidance), $"A guidance of {Guidance} is out of range; choose 0 or more, 1 for none.");
        static void Require(bool holds, string otherwise)
        {
            if (!holds)
            {
                throw new GenerationException(otherwise);
            }
        }
    }
}
