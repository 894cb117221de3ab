namespace Pagoda.Generation.Augment;

/// <summary>The random draws of one call of <see cref="DiffAugment.Apply"/>; a part that the policy lacks is null.</summary>
public sealed record DiffAugmentDraws
{
    /// <summary>Uniform in [0, 1), one a picture: brightness adds u - 0.5.</summary>
    public float[]? Brightness { get; init; }

    /// <summary>Uniform in [0, 1), one a picture: saturation multiplies by 2u.</summary>
    public float[]? Saturation { get; init; }

    /// <summary>Uniform in [0, 1), one a picture: contrast multiplies by u + 0.5.</summary>
    public float[]? Contrast { get; init; }

    /// <summary>Whole pixels, one a picture: row r shows row r + t.</summary>
    public long[]? TranslationRows { get; init; }

    /// <summary>Whole pixels, one a picture: column c shows column c + t.</summary>
    public long[]? TranslationColumns { get; init; }

    /// <summary>Where the corners go, eight numbers a picture (<see cref="RandomPerspective"/>).</summary>
    public float[]? Corners { get; init; }

    /// <summary>The parts that are cut out and resized, one a picture.</summary>
    public IReadOnlyList<Window>? Windows { get; init; }

    /// <summary>Uniform in [0, 1), one for all pictures: the size becomes 0.8 + 0.4u of what it was.</summary>
    public double? Resize { get; init; }

    /// <summary>The row in the middle of the square that is cut out, one a picture.</summary>
    public long[]? CutoutRows { get; init; }

    /// <summary>The column in the middle of the square that is cut out, one a picture.</summary>
    public long[]? CutoutColumns { get; init; }
}
