namespace Pagoda.Models.Vqgan;

/// <summary>A VQGAN's shape: taming-transformers' <c>ddconfig</c>, <c>n_embed</c> and <c>embed_dim</c>, and in what CLIP-GEN's differs.</summary>
public sealed record VqganConfig
{
    /// <summary>Side in pixels of the pictures it is trained on; it decides at which levels attention stands, not which sizes can be coded.</summary>
    public int Resolution { get; init; } = 256;

    /// <summary>Channels of the first level (<c>ch</c>).</summary>
    public int Channels { get; init; } = 128;

    /// <summary>Channels of each level over those of the first, finest first (<c>ch_mult</c>); between two levels the side halves.</summary>
    public int[] Multipliers { get; init; } = [1, 1, 2, 2, 4];

    /// <summary>Residual blocks a level in the encoder; the decoder has one more (<c>num_res_blocks</c>).</summary>
    public int Blocks { get; init; } = 2;

    /// <summary>Sides of the maps, for pictures of <see cref="Resolution"/>, at which every residual block is followed by attention.</summary>
    public int[] AttentionResolutions { get; init; } = [16];

    /// <summary>Channels between the towers and the 1 x 1 convolutions around the codebook (<c>z_channels</c>).</summary>
    public int LatentChannels { get; init; } = 256;

    /// <summary>Vectors in the codebook (<c>n_embed</c>).</summary>
    public int CodebookSize { get; init; } = 16384;

    /// <summary>Size of a codebook vector (<c>embed_dim</c>).</summary>
    public int CodebookWidth { get; init; } = 256;

    /// <summary>Groups of every group normalisation; taming-transformers and CLIP-GEN have 32.</summary>
    public int NormGroups { get; init; } = 32;

    /// <summary>Added to variances: 1e-6 in taming-transformers, 1e-5 in CLIP-GEN.</summary>
    public double NormEpsilon { get; init; } = 1e-6;

    /// <summary>The weight beta in the codebook's loss: 0.25 in taming-transformers, 0.2 in CLIP-GEN.</summary>
    public double CommitmentWeight { get; init; } = 0.25;

    /// <summary>
    /// Where <see cref="CommitmentWeight"/> stands: on the term that moves the codebook (true: taming-transformers' default
    /// and CLIP-GEN), or on the one that commits the encoder, as the VQ-VAE paper has it (arXiv 1711.00937, equation 3).
    /// </summary>
    public bool LegacyCommitment { get; init; } = true;

    /// <summary>
    /// Whether codes are chosen by a 1 x 1 convolution's largest output instead of by distance: taming-transformers'
    /// GumbelVQ (f8, 8192). Such a model can be used but not trained here.
    /// </summary>
    public bool Gumbel { get; init; }

    /// <summary>Pixels to a token's side: 2 to the number of halvings.</summary>
    public int Factor => 1 << (Multipliers.Length - 1);

    /// <summary>Side of the token grid of a picture of <see cref="Resolution"/>.</summary>
    public int Grid => Resolution / Factor;

    /// <summary>Channels of a level, 0 being the finest.</summary>
    public int Width(int level) => Channels * Multipliers[level];

    /// <summary>Whether a level's blocks are followed by attention.</summary>
    public bool HasAttention(int level) => AttentionResolutions.Contains(Resolution >> level);

    /// <summary>Returns itself if a network of this shape can be built.</summary>
    /// <exception cref="InvalidDataException">It cannot; the message names the entry.</exception>
    public VqganConfig Checked()
    {
        if (Multipliers.Length is 0 or > 8 || Multipliers.Any(multiplier => multiplier is < 1 or > 1024))
        {
            throw Wrong($"ch_mult has [{string.Join(", ", Multipliers)}]; it has 1 to 8 whole numbers of at least 1");
        }

        foreach (var (name, value, most) in new[]
        {
            ("ch", Channels, 1 << 16), ("num_res_blocks", Blocks, 64), ("z_channels", LatentChannels, 1 << 16), ("n_embed", CodebookSize, 1 << 24),
            ("embed_dim", CodebookWidth, 1 << 16), ("resolution", Resolution, 1 << 16), ("norm_groups", NormGroups, 1 << 16),
        })
        {
            if (value < 1 || value > most)
            {
                throw Wrong($"{name} is {value}; it is 1 to {most}");
            }
        }

        var odd = Multipliers.Select(multiplier => Channels * multiplier).FirstOrDefault(width => width % NormGroups != 0);
        return odd != 0 ? throw Wrong($"{odd} channels do not divide into {NormGroups} groups for normalisation; choose ch so that they do")
            : Resolution % Factor != 0 ? throw Wrong($"the resolution {Resolution} is no multiple of {Factor}, the pixels to a token")
            : this;
    }

    private static InvalidDataException Wrong(string what) => new($"The VQGAN's configuration cannot be built: {what}.");
}
