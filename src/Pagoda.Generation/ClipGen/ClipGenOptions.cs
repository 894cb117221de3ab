using Pagoda.Generation.Scoring;

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
    public int Candidates { get; init; } = 8;

    /// <summary>
    /// What is added to the embedding of a prompt of words before it conditions the transformer, which has only seen those
    /// of pictures: the mean embedding of pictures minus that of texts. Null for nothing.
    /// </summary>
    public IReadOnlyList<float>? ModalityShift { get; init; }

    /// <summary>What judges the candidates; the model's own CLIP where null.</summary>
    public PictureCritic? Critic { get; init; }
}

/// <summary>A candidate that was drawn.</summary>
/// <param name="Number">Its number among those drawn together, from 0.</param>
/// <param name="Tokens">Its tokens, row by row.</param>
/// <param name="Score">The cosine of picture and prompt, by the critic.</param>
/// <param name="LogLikelihood">The logarithm of its probability under the transformer.</param>
/// <param name="Picture">The picture.</param>
public sealed record ClipGenCandidate(int Number, IReadOnlyList<long> Tokens, double Score, double LogLikelihood, Formats.Images.Picture Picture);
