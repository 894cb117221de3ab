namespace Pagoda.Training;

/// <summary>
/// A denoising network's shape and noise, for <c>method: diffusion</c>; the names are those of openai/guided-diffusion's options, the defaults its published shape for 64 pixels.
/// </summary>
public sealed record DiffusionOptions
{
    /// <summary>Width and height of the pictures in pixels.</summary>
    public int Resolution { get; init; } = 64;

    /// <summary>Channels of the finest level.</summary>
    public int Channels { get; init; } = 192;

    /// <summary>Channels of each level over those of the first, finest first, such as <c>1,2,3,4</c>; between two levels the side halves.</summary>
    public string Multipliers { get; init; } = "1,2,3,4";

    /// <summary>Residual blocks a level on the way down; one more on the way up.</summary>
    public int Blocks { get; init; } = 3;

    /// <summary>How many times smaller than the picture maps with attention are, such as <c>2,4,8</c>; the middle has it always.</summary>
    public string Attention { get; init; } = "2,4,8";

    /// <summary>Channels of an attention head.</summary>
    public int HeadChannels { get; init; } = 64;

    /// <summary>Groups of the group normalisations; every level's channels must divide into them.</summary>
    public int NormGroups { get; init; } = 32;

    /// <summary>Steps from a picture to noise.</summary>
    public int Steps { get; init; } = 1000;

    /// <summary>
    /// Times of much noise count by the inverse of what is left of the picture, as in v-prediction (Salimans and Ho 2022, arXiv 2202.00512), but at most so much; 1 counts all alike. More
    /// is meant to teach colours and outlines sooner.
    /// </summary>
    public double WeightLimit { get; init; } = 1;

    /// <summary>Whether noise grows so that what is left of the picture falls as a squared cosine, and not by variances in a straight line.</summary>
    public bool Cosine { get; init; } = true;
}
