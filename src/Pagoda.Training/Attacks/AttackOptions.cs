namespace Pagoda.Training.Attacks;

/// <summary>How far apart two pictures are.</summary>
public enum AttackNorm
{
    /// <summary>The root of the sum of squared differences over all pixels and channels of a picture.</summary>
    L2,
    /// <summary>The largest difference of any pixel and channel.</summary>
    LInfinity,
}

/// <summary>What a <see cref="ProjectedGradient"/> attack may do. Lengths are of pixels in [0, 1].</summary>
public sealed record AttackOptions
{
    /// <summary>How distance is measured.</summary>
    public AttackNorm Norm { get; init; } = AttackNorm.L2;

    /// <summary>How far a picture may move: CLIPAG uses 1.5 and CLIP-JEM 3.0 in L2 at 224 pixels and above.</summary>
    public double Radius { get; init; } = 1.5;

    /// <summary>How far one step goes; 2.5·radius/steps lets an attack reach the edge and walk along it (MadryLab/robustness).</summary>
    public double StepSize { get; init; } = 0.75;

    /// <summary>How many steps; 0 leaves the pictures as they are, except for a random start.</summary>
    public int Steps { get; init; } = 5;

    /// <summary>Whether to start at a random place within the radius.</summary>
    public bool RandomStart { get; init; }

    /// <summary>Refuses values that make no attack.</summary>
    /// <exception cref="ArgumentException">A negative or non-finite length or a negative number of steps.</exception>
    public void Validate()
    {
        Check(double.IsFinite(Radius) && Radius >= 0, $"The radius of an attack is {Radius}; it must be 0 or larger, in pixels of [0, 1].");
        Check(double.IsFinite(StepSize) && StepSize >= 0, $"The step size of an attack is {StepSize}; it must be 0 or larger, in pixels of [0, 1].");
        Check(Steps >= 0, $"An attack has {Steps} steps; it must have 0 or more.");
        Check(Enum.IsDefined(Norm), $"An attack's norm is {Norm}; it must be L2 or LInfinity.");
    }

    private static void Check(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ArgumentException(otherwise);
        }
    }
}
