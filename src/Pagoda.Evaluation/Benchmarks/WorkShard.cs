using System.Globalization;

namespace Pagoda.Evaluation.Benchmarks;

/// <summary>Which part of a list of work is this process's, when several share it: every item belongs to exactly one of 1/n to n/n.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Of">How many share.</param>
public readonly record struct WorkShard(int Number, int Of)
{
    /// <summary>All of the work.</summary>
    public static WorkShard All { get; } = new(1, 1);

    /// <summary>Reads <c>i/n</c>.</summary>
    /// <exception cref="FormatException">It is no such thing.</exception>
    public static WorkShard Parse(string text) =>
        text.Split('/') is [var i, var n] && int.TryParse(i, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var of) && number >= 1 && number <= of
            ? new WorkShard(number, of)
            : throw new FormatException($"{text} is no shard; write i/n, from 1/n to n/n, such as 1/4 for the first of four processes");

    /// <summary>Whether the item of that number, from 0, is this shard's.</summary>
    public bool Has(int item) => item % Of == Number - 1;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}/{Of}");
}
