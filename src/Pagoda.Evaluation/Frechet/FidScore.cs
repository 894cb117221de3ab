using System.Globalization;

namespace Pagoda.Evaluation.Frechet;

/// <summary>
/// The Fréchet Inception Distance (Heusel et al. 2017, arXiv 1706.08500): 0 for equal sets, lower is nearer, without an upper end. It
/// depends on the way pictures reach the network and falls with their number, so numbers compare only where both are the same.
/// </summary>
/// <param name="Value">The distance.</param>
/// <param name="Note">What must be shown beside the number where it means little; null where it means what it says.</param>
public sealed record FidScore(double Value, string? Note)
{
    /// <summary>Samples below which the covariance of 2048 features has no full rank.</summary>
    public const int FewestSamples = 2048;

    /// <summary>The distance between two sets.</summary>
    /// <param name="first">Moments of features of one set.</param>
    /// <param name="second">Moments of features of the other, from the same layer.</param>
    /// <exception cref="ArgumentException">They are of features of different width.</exception>
    public static FidScore Between(FeatureMoments first, FeatureMoments second)
    {
        if (first.Mean.Size(0) != second.Mean.Size(0))
        {
            throw new ArgumentException($"Statistics of {first.Mean.Size(0)} and of {second.Mean.Size(0)} features have no distance; take both from the same layer.", nameof(second));
        }

        return new FidScore(FrechetDistance.Between(first.Mean, first.Covariance, second.Mean, second.Covariance), NoteOn(Fewest(first.Count, second.Count), first.Mean.Size(0)));
    }

    private static string? NoteOn(long? fewest, long features) => fewest is { } count && count < Math.Max(FewestSamples, features + 1)
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"WARNING: FID of only {count:N0} samples{(count <= features ? $", fewer than it takes for a covariance of {features:N0} features to have full rank" : "")}: it comes out too high and compares with no published number; take {FewestSamples:N0} samples at least, 10,000 or more to compare.")
        : null;

    private static long? Fewest(long? first, long? second) => first is null ? second : second is null ? first : Math.Min(first.Value, second.Value);
}
