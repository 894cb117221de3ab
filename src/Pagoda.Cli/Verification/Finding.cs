namespace Pagoda.Cli.Verification;

/// <summary>One comparison with a fixture.</summary>
/// <param name="Fixture">The fixture's file.</param>
/// <param name="Quantity">What was compared.</param>
/// <param name="Error">How far off it was, in the measure of the tolerance; null where nothing could be compared.</param>
/// <param name="Tolerance">How far off it may be.</param>
/// <param name="Note">The measure where it is not the usual one, or what stood in the way.</param>
internal sealed record Finding(string Fixture, string Quantity, double? Error, double? Tolerance, string? Note = null)
{
    /// <summary>Whether it holds; an error that is no number does not.</summary>
    public bool Ok => Error <= Tolerance;

    /// <summary>Something that stood in the way of comparing.</summary>
    public static Finding Obstacle(Fixture fixture, string what) => new(fixture.File, "-", null, null, what);
}
