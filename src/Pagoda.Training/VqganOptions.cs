namespace Pagoda.Training;

/// <summary>
/// The shape of a new VQGAN and its losses; defaults are those of taming-transformers' f16 model of 16384 codes
/// (CompVis/taming-transformers: configs/custom_vqgan.yaml, imagenet_vqgan.yaml).
/// </summary>
public sealed record VqganOptions
{
    /// <summary>Width and height of the pictures in pixels.</summary>
    public int Resolution { get; init; } = 256;

    /// <summary>Channels of the finest level.</summary>
    public int Channels { get; init; } = 128;

    /// <summary>Channels of each level over those of the first, finest first, such as `1,1,2,2,4`; between two levels the side halves.</summary>
    public string Multipliers { get; init; } = "1,1,2,2,4";

    /// <summary>Residual blocks a level in the encoder; the decoder has one more.</summary>
    public int Blocks { get; init; } = 2;

    /// <summary>Sides of the maps that have attention, such as `16`; none when empty.</summary>
    public string Attention { get; init; } = "16";

    /// <summary>Vectors in the codebook.</summary>
    public int Codebook { get; init; } = 16384;

    /// <summary>Size of a codebook vector.</summary>
    public int CodebookWidth { get; init; } = 256;

    /// <summary>Channels between the towers and the codebook.</summary>
    public int LatentChannels { get; init; } = 256;

    /// <summary>Groups of the group normalisations; every level's channels must divide into them.</summary>
    public int NormGroups { get; init; } = 32;

    /// <summary>Weight β of the commitment in the codebook's loss.</summary>
    public double Commitment { get; init; } = 0.25;

    /// <summary>Where β stands: on the term that moves the codebook, as taming-transformers and CLIP-GEN have it, or (false) on the encoder's.</summary>
    public bool LegacyCommitment { get; init; } = true;

    /// <summary>Weight of the codebook's loss.</summary>
    public double CodebookWeight { get; init; } = 1;

    /// <summary>Steps between restarts of codes that nothing has chosen of late, at vectors of the batch; 0 never restarts them.</summary>
    public int RestartEvery { get; init; }

    /// <summary>No code is restarted after this share of the run, so that the last of it trains a fixed set.</summary>
    public double RestartUntil { get; init; } = 0.7;

    /// <summary>Whether the decoder alone is trained (and the discriminator): pictures' tokens stay what they are, and so do transformers that were trained on them.</summary>
    public bool DecoderOnly { get; init; }

    /// <summary>Weight of the perceptual loss beside the mean absolute error; 0 leaves it out.</summary>
    public double PerceptualWeight { get; init; } = 1;

    /// <summary>LPIPS' weights with those of its VGG16 (taming-transformers' vgg.pth and torchvision's, joined), if there are any.</summary>
    public string Lpips { get; init; } = "";

    /// <summary>The CLIP model whose image tower stands in for LPIPS where it has no weights: a folder, file or name.</summary>
    public string Perceptual { get; init; } = "emoji";

    /// <summary>Step from which on the discriminator is trained and used; -1 for never.</summary>
    public long DiscriminatorStart { get; init; } = 250_001;

    /// <summary>Weight of the adversarial loss, on top of the adaptive one.</summary>
    public double DiscriminatorWeight { get; init; } = 0.8;

    /// <summary>Channels of the discriminator's first layer.</summary>
    public int DiscriminatorChannels { get; init; } = 64;

    /// <summary>Layers of the discriminator that halve the side.</summary>
    public int DiscriminatorLayers { get; init; } = 3;
}
