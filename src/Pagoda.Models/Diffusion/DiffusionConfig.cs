namespace Pagoda.Models.Diffusion;

/// <summary>How noise grows with time.</summary>
public enum NoiseKind
{
    /// <summary>Variances in a straight line (Ho et al. 2020, arXiv 2006.11239).</summary>
    Linear,
    /// <summary>What is left of the picture falls as a squared cosine (Nichol and Dhariwal 2021, arXiv 2102.09672).</summary>
    Cosine,
}

/// <summary>The shape of a denoising U-Net (openai/guided-diffusion: guided_diffusion/unet.py) and the noise that it was trained on.</summary>
public sealed record DiffusionConfig
{
    /// <summary>Side of the pictures that it was trained on, in pixels.</summary>
    public int Resolution { get; init; } = 64;

    /// <summary>Channels of the finest level, before its multiplier.</summary>
    public int Channels { get; init; } = 128;

    /// <summary>Each level's channels, as multiples of <see cref="Channels"/>, the finest first.</summary>
    public IReadOnlyList<double> Multipliers { get; init; } = [1, 2, 3, 4];

    /// <summary>Residual blocks of a level.</summary>
    public int Blocks { get; init; } = 2;

    /// <summary>How many times smaller than the picture maps are on which places attend to each other.</summary>
    public IReadOnlyList<int> AttentionFactors { get; init; } = [4, 8];

    /// <summary>Channels of an attention head; 0 where <see cref="Heads"/> says how many heads there are.</summary>
    public int HeadChannels { get; init; } = 64;

    /// <summary>Attention heads, where <see cref="HeadChannels"/> is 0.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Whether time scales and shifts normalised maps, and is not added before the normalisation.</summary>
    public bool ScaleShift { get; init; } = true;

    /// <summary>Whether residual blocks halve and double maps, and not convolutions.</summary>
    public bool ResidualResampling { get; init; } = true;

    /// <summary>Whether the variance of each step is predicted too.</summary>
    public bool LearnedVariance { get; init; } = true;

    /// <summary>Groups of channels that are normalised together.</summary>
    public int NormGroups { get; init; } = 32;

    /// <summary>Steps from a picture to noise.</summary>
    public int Steps { get; init; } = 1000;

    /// <summary>How noise grows.</summary>
    public NoiseKind Noise { get; init; } = NoiseKind.Linear;

    /// <summary>Channels of a level.</summary>
    public int Width(int level) => (int)(Multipliers[level] * Channels);

    /// <summary>Refuses shapes that no network has.</summary>
    /// <exception cref="InvalidDataException">One sentence on what is wrong.</exception>
    public DiffusionConfig Checked()
    {
        var halvings = 1 << (Multipliers.Count - 1);
        var problem = Multipliers.Count is < 1 or > 10 ? "it has no levels, or more than 10"
            : Resolution < halvings || Resolution % halvings != 0 ? $"pictures of {Resolution} pixels cannot be halved {Multipliers.Count - 1} times"
            : Blocks is < 1 or > 64 ? $"it has {Blocks} blocks in a level"
            : Enumerable.Range(0, Multipliers.Count).Any(level => Width(level) < 1 || Width(level) % NormGroups != 0) ? $"a level's channels are no multiple of {NormGroups} groups"
            : Steps is < 1 or > 100_000 ? $"it has {Steps} steps"
            : null;
        return problem is null ? this : throw new InvalidDataException($"There is no such denoising network: {problem}.");
    }
}
