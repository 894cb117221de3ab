namespace Pagoda.Data;

/// <summary>Which part of the data is this process's, when several train together.</summary>
/// <param name="Part">Its number, from 0.</param>
/// <param name="Parts">How many there are.</param>
public readonly record struct Share(int Part, int Parts)
{
    /// <summary>All of it.</summary>
    public static Share All { get; } = new(0, 1);

    /// <exception cref="ArgumentOutOfRangeException">The part is not one of the parts.</exception>
    internal Share Checked()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Parts, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(Part);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(Part, Parts);
        return this;
    }

    /// <summary>Whether the item of that number in a list shared in turn is this part's.</summary>
    public bool Has(long number) => number % Parts == Part;
}
