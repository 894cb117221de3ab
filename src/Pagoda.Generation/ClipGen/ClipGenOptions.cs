namespace Pagoda.Generation.ClipGen;

/// <summary>How pictures are sampled and chosen.</summary>
public sealed record ClipGenOptions
{
    /// <summary>How tokens are drawn; its seed is the picture's.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>
    /// Pictures drawn together for each that is asked for, of which the one that matches the prompt best is given; CLIP-GEN
    /// draws 64.
    /// </summary>
    public int Candidates { get; init; } = 32;

    /// <summary>
    /// Above 0, the candidates are the so many most likely pictures, by beam search, in place of pictures that are drawn:
    /// always the same, and often dull.
    /// </summary>
    public int Beams { get; init; }

    /// <summary>
    /// Share of the way from texts' mean embedding to pictures' (<see cref="ModalityShift"/>) by which a prompt's words are
    /// moved before they condition the transformer, which has only seen embeddings of pictures; 0 for none.
    /// </summary>
    public double Modality { get; init; } = 1;

    /// <summary>Refuses what is out of range.</summary>
    /// <exception cref="GenerationException">One sentence on the value at fault.</exception>
    public void Check()
    {
        Sampling.Check();
        Require(Candidates >= 1, $"{Candidates} candidates cannot be drawn; choose 1 or more.");
        Require(Beams >= 0, $"{Beams} beams cannot be searched; choose 1 or more, or 0 to draw.");
        Require(double.IsFinite(Modality), $"A modality shift of {Modality} is none; choose 0 for none, 1 for all the way.");
        static void Require(bool holds, string otherwise)
        {
            if (!holds)
            {
                throw new GenerationException(otherwise);
            }
        }
    }
}

/// <summary>A candidate that was drawn.</summary>
/// <param name="Number">Its number among those drawn together, from 0.</param>
/// <param name="Tokens">Its tokens, row by row.</param>
/// <param name="Score">The cosine of picture and prompt, in the mean of the critics.</param>
/// <param name="LogLikelihood">The logarithm of its probability under the transformer.</param>
/// <param name="Picture">The picture.</param>
public sealed record ClipGenCandidate(int Number, IReadOnlyList<long> Tokens, double Score, double LogLikelihood, Formats.Images.Picture Picture);
