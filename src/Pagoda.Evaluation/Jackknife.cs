using Pagoda.Evaluation.Frechet;
using Pagoda.Torch;

namespace Pagoda.Evaluation;

/// <summary>
/// 95 % intervals from leaving out a tenth of the samples at a time (the delete-a-group jackknife: Quenouille 1956, Tukey 1958): ten more
/// evaluations where a bootstrap takes hundreds, which a Fréchet distance in 2048 dimensions cannot afford. Sample i belongs to group i mod 10;
/// the half width is Student's t of 9 degrees of freedom times the square root of 9/10 of the squared deviations' sum. Each of the ten is of as
/// many samples, so the bias that a smaller number brings is in all of them and not in their deviations.
/// </summary>
public static class Jackknife
{
    /// <summary>Groups of samples.</summary>
    public const int Groups = 10;

    // Student's t for 9 degrees of freedom at 97.5 %.
    private const double T = 2.2621571628;

    /// <summary>The interval around a value.</summary>
    /// <param name="value">Of all samples.</param>
    /// <param name="without">The value without each group of samples in turn.</param>
    public static Interval Of(double value, IReadOnlyCollection<double> without)
    {
        var mean = without.Average();
        var error = Math.Sqrt((without.Count - 1.0) / without.Count * without.Sum(one => (one - mean) * (one - mean)));
        return new Interval(value, value - (T * error), value + (T * error));
    }

    /// <summary>A value of rows that can be taken of any of them; without an interval where there are too few.</summary>
    /// <param name="rows"><c>[N, …]</c>.</param>
    /// <param name="fewest">Rows that a value takes.</param>
    /// <param name="measure">Measures rows.</param>
    public static Interval Of(Tensor rows, int fewest, Func<Tensor, double> measure)
    {
        using var scope = new TensorScope();
        var value = measure(rows);
        return rows.Size(0) - Largest(rows.Size(0)) < fewest || rows.Size(0) < Groups ? Without(value) : Of(value, [.. Enumerable.Range(0, Groups).Select(group =>
        {
            using var part = new TensorScope();
            return measure(rows.IndexSelect(0, Kept(rows.Size(0), group)));
        })]);
    }

    /// <summary>The Fréchet distance of features from a reference, which is taken as fixed; without an interval for fewer than 20 samples.</summary>
    /// <param name="features"><c>[N, D]</c>.</param>
    /// <param name="reference">What they are compared with.</param>
    public static Interval Frechet(Tensor features, FeatureMoments reference)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        using var all = FeatureStatistics.Of(features);
        var root = FrechetDistance.Root(reference.Covariance);
        var value = Distance(all);
        return features.Size(0) < 2 * Groups ? Without(value) : Of(value, [.. Enumerable.Range(0, Groups).Select(group =>
        {
            using var part = new TensorScope();
            using var left = FeatureStatistics.Of(features.IndexSelect(0, Members(features.Size(0), group)));
            using var kept = all.Without(left);
            return Distance(kept);
        })]);

        double Distance(FeatureStatistics statistics)
        {
            using var inner = new TensorScope();
            return FrechetDistance.Between(reference.Mean, reference.Covariance, root, statistics.Mean(), statistics.Covariance());
        }
    }

    /// <summary>The rows of a group.</summary>
    internal static Tensor Members(long count, int group) => Rows(count, i => i % Groups == group);

    /// <summary>A value whose interval is not known.</summary>
    internal static Interval Without(double value) => new(value, double.NaN, double.NaN);

    private static Tensor Kept(long count, int group) => Rows(count, i => i % Groups != group);

    private static Tensor Rows(long count, Func<long, bool> belongs) => Tensor.From(Enumerable.Range(0, (int)count).Select(i => (long)i).Where(belongs).ToArray());

    private static long Largest(long count) => (count + Groups - 1) / Groups;
}
