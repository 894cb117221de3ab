namespace Pagoda.Models.Gpt;

/// <summary>
/// The shape of a transformer over picture tokens. CLIP-GEN's (HFAiLab/clip-gen: models/gpt.py) has a condition and a
/// bias in its head; taming-transformers' (taming/modules/transformer/mingpt.py) has neither, and may let its first
/// positions see each other freely.
/// </summary>
public sealed record GptConfig
{
    /// <summary>Blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Channels.</summary>
    public required int Width { get; init; }

    /// <summary>Attention heads; they divide the width.</summary>
    public required int Heads { get; init; }

    /// <summary>Tokens there are: the size of the codebook.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Positions there are: with a condition, which takes the first, the tokens of a picture.</summary>
    public required int BlockSize { get; init; }

    /// <summary>Size of the embedding that the first position is made of; 0 for a network without a condition.</summary>
    public int ConditionWidth { get; init; }

    /// <summary>Share of numbers dropped in training: after the embeddings, in the attention and at the end of each branch.</summary>
    public double Dropout { get; init; }

    /// <summary>
    /// Share of pictures whose condition was all zeros in training; above 0 the network also knows pictures without a
    /// condition, which classifier-free guidance needs.
    /// </summary>
    public double ConditionDropout { get; init; }

    /// <summary>Whether the head has a bias.</summary>
    public bool HeadBias { get; init; } = true;

    /// <summary>So many first positions see each other in both directions (taming's n_unmasked).</summary>
    public int Unmasked { get; init; }

    /// <summary>Refuses shapes that no network has.</summary>
    /// <exception cref="ArgumentException">One sentence on the value at fault.</exception>
    public void Check()
    {
        foreach (var (name, value) in new[] { ("layers", Layers), ("width", Width), ("heads", Heads), ("vocabulary", VocabularySize), ("block size", BlockSize) })
        {
            if (value <= 0)
            {
                throw new ArgumentException($"A transformer's {name} must be at least 1, not {value}.");
            }
        }

        if (Width % Heads != 0)
        {
            throw new ArgumentException($"{Heads} heads do not divide a width of {Width}.");
        }

        if (ConditionWidth < 0 || Unmasked < 0 || Unmasked > BlockSize)
        {
            throw new ArgumentException($"A condition of {ConditionWidth} numbers and {Unmasked} unmasked of {BlockSize} positions make no transformer.");
        }

        if (!(Dropout is >= 0 and < 1) || !(ConditionDropout is >= 0 and < 1))
        {
            throw new ArgumentException($"Dropout must lie in [0, 1): {Dropout} and {ConditionDropout} (condition) were given.");
        }
    }
}
