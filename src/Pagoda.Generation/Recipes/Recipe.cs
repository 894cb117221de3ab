namespace Pagoda.Generation.Recipes;

/// <summary>What a painting starts from.</summary>
public enum StartKind
{
    /// <summary>The sample of the model's <see cref="Start.InitBank"/> that is closest to the prompt; noise where the model has none.</summary>
    Bank,
    /// <summary>Noise of low frequency, the candidate that is closest to the prompt.</summary>
    Noise,
    /// <summary>Even grey.</summary>
    Grey,
}

/// <summary>How a gradient changes the picture.</summary>
public enum UpdateRule
{
    /// <summary>AdamW on the pixels.</summary>
    AdamW,
    /// <summary>Steps of a given L2 length along a moving average of normalised gradients.</summary>
    NormalizedMomentum,
}

/// <summary>Which picture is given back in the end.</summary>
public enum ResultRule
{
    /// <summary>The picture whose measured energy was lowest.</summary>
    Best,
    /// <summary>The picture one step after the lowest measured energy: what CLIPAG's notebook keeps.</summary>
    AfterBest,
    /// <summary>The picture after the last step.</summary>
    Last,
}

/// <summary>
/// All the numbers of a way to paint in pixel space, as data. Lengths are fractions of the picture's side, pixels are in
/// [0, 1]. <see cref="Named"/> finds the three that Pagoda knows; others are made from these with <c>with</c>.
/// </summary>
public sealed partial record Recipe
{
    /// <summary>What it is called.</summary>
    public required string Name { get; init; }

    /// <summary>Gradient steps.</summary>
    public required int Steps { get; init; }

    /// <summary>What it starts from.</summary>
    public StartKind Start { get; init; } = StartKind.Bank;

    /// <summary>Start pictures among which the one closest to the prompt is taken.</summary>
    public int Candidates { get; init; } = 1;

    /// <summary>Candidates drawn from one class of the bank before the next one's turn; 0 spreads them over all classes.</summary>
    public int CandidatesPerClass { get; init; }

    /// <summary>Whether candidates are compared as the model sees pictures, with its mean and deviation applied.</summary>
    public bool NormalizeCandidates { get; init; } = true;

    /// <summary>What candidates are drawn from, the same for all pictures: they are embedded once then, not once a picture. The picture's own seed where null.</summary>
    public ulong? StartSeed { get; init; }

    /// <summary>Whether painting without the model's bank is refused, because it would not be this recipe any more.</summary>
    public bool RequiresBank { get; init; }

    /// <summary>Mean of noise to start from.</summary>
    public double NoiseMean { get; init; } = 0.5;

    /// <summary>Deviation of noise to start from.</summary>
    public double NoiseDeviation { get; init; } = 0.25;

    /// <summary>Squares along a side of the noise to start from.</summary>
    public int NoiseGrid { get; init; } = 8;

    /// <summary>Views of the whole picture in each step.</summary>
    public int Views { get; init; } = 32;

    /// <summary>Weight of their loss.</summary>
    public double ViewWeight { get; init; } = 1;

    /// <summary>Deviation of the noise on each view and patch.</summary>
    public double Noise { get; init; } = 0.01;

    /// <summary>Smallest zoom of a view (<see cref="Augment.ZoomAndShift"/>).</summary>
    public double ZoomLeast { get; init; } = 1;

    /// <summary>Largest zoom of a view.</summary>
    public double ZoomMost { get; init; } = 1;

    /// <summary>Largest shift of a view, in halves of the side.</summary>
    public double Shift { get; init; }

    /// <summary>Policy of <see cref="Augment.DiffAugment"/> for views and patches.</summary>
    public string Augment { get; init; } = "";

    /// <summary>Patches of the picture in each step.</summary>
    public int Patches { get; init; }

    /// <summary>Patches where the picture is larger than the model's input, so that a view of it all lacks its detail.</summary>
    public int PatchesWhenLarger { get; init; }

    /// <summary>Side of the smallest patch.</summary>
    public double PatchLeast { get; init; } = 128.0 / 224;

    /// <summary>Side of the largest patch.</summary>
    public double PatchMost { get; init; } = 128.0 / 224;

    /// <summary>Whether all patches of a step share one drawing of noise.</summary>
    public bool SharedPatchNoise { get; init; }

    /// <summary>Weight of the patches' loss.</summary>
    public double PatchWeight { get; init; } = 5;

    /// <summary>Quantile of the patches' losses below which a patch counts nothing; 0 counts all.</summary>
    public double Rejection { get; init; }

    /// <summary>How the gradient changes the picture.</summary>
    public UpdateRule Update { get; init; } = UpdateRule.AdamW;

    /// <summary>
    /// Step size: AdamW's rate, or the L2 length of a step for a picture of the model's own size (larger ones take
    /// proportionally longer steps, so that a pixel changes as much).
    /// </summary>
    public required double LearningRate { get; init; }

    /// <summary>The share of the step size that is left at the end, reached in a straight line.</summary>
    public double FinalRate { get; init; } = 1;

    /// <summary>AdamW's decay.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Largest L2 norm of the gradient, 0 for any.</summary>
    public double GradientLimit { get; init; }

    /// <summary>The share of the moving average that a step keeps.</summary>
    public double Momentum { get; init; } = 0.8;

    /// <summary>Quantile of <see cref="Augment.DynamicThreshold"/> after each step; 0 clamps.</summary>
    public double Threshold { get; init; }

    /// <summary>Which picture is given back.</summary>
    public ResultRule Result { get; init; } = ResultRule.Best;
}
