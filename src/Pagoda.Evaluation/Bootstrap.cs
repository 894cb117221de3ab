using Pagoda.Evaluation.Frechet;
using Pagoda.Torch;

namespace Pagoda.Evaluation;

/// <summary>
/// 95 % intervals by resampling with replacement (Efron 1979), the same for the same seed. Quantiles are taken of the
/// deviations from the resamples' mean: a resample repeats rows, which moves a Fréchet distance up as a smaller sample would,
/// and only the spread is of interest.
/// </summary>
public static class Bootstrap
{
    private const double Tail = 0.025;

    /// <summary>
    /// The share of hits with its interval. Where all or none hit, every resample is alike and tells nothing: the end that is open is then the exact one of
    /// the binomial distribution (Clopper and Pearson 1934). Neither end leaves [0, 1].
    /// </summary>
    /// <param name="hits">One for each sample; at least one.</param>
    /// <param name="seed">Of the resampling.</param>
    /// <param name="resamples">How many.</param>
    public static Interval Share(ReadOnlySpan<bool> hits, ulong seed, int resamples = 1000)
    {
        if (hits.Length > 0 && hits.IndexOf(!hits[0]) < 0)
        {
            return Alike(hits[0], hits.Length);
        }

        using var scope = new TensorScope();
        var values = Tensor.From(hits.ToArray()).To(ScalarType.Float64);
        return OfShare(Of(hits.Length, rows => values.IndexSelect(0, rows).Mean().ToDouble(), values.Mean().ToDouble(), seed, resamples));
    }

    /// <summary>The share of hits over all, with the interval over resamples of whole groups, as <see cref="Mean"/> has it; its ends are those of a share.</summary>
    /// <param name="groups">Hits and misses that belong together; at least one group, none empty.</param>
    /// <param name="seed">Of the resampling.</param>
    /// <param name="resamples">How many.</param>
    public static Interval Share(IReadOnlyList<IReadOnlyCollection<bool>> groups, ulong seed, int resamples = 1000)
    {
        var all = groups.SelectMany(group => group).Distinct().ToList();
        return all.Count == 1 ? Alike(all[0], groups.Count) : OfShare(Mean([.. groups.Select(group => (IReadOnlyCollection<double>)[.. group.Select(hit => hit ? 1.0 : 0)])], seed, resamples));
    }

    /// <summary>The mean over all values, with the interval over resamples of whole groups: pictures of one prompt are alike, and do not count as so many prompts.</summary>
    /// <param name="groups">Values that belong together; at least one group, none empty.</param>
    /// <param name="seed">Of the resampling.</param>
    /// <param name="resamples">How many.</param>
    public static Interval Mean(IReadOnlyList<IReadOnlyCollection<double>> groups, ulong seed, int resamples = 1000)
    {
        using var scope = new TensorScope();
        var sums = Tensor.From(groups.Select(group => group.Sum()).ToArray());
        var counts = Tensor.From(groups.Select(group => (double)group.Count).ToArray());
        return Of(groups.Count, rows => sums.IndexSelect(0, rows).Sum().ToDouble() / counts.IndexSelect(0, rows).Sum().ToDouble(), sums.Sum().ToDouble() / counts.Sum().ToDouble(), seed, resamples);
    }

    /// <summary>The Fréchet distance of features from a reference, with the interval over resamples of the features.</summary>
    /// <param name="features"><c>[N, D]</c>, N at least 2.</param>
    /// <param name="reference">What they are compared with; taken as fixed.</param>
    /// <param name="seed">Of the resampling.</param>
    /// <param name="resamples">How many; each costs a D x D eigendecomposition.</param>
    public static Interval Frechet(Tensor features, FeatureStatistics reference, ulong seed, int resamples = 200)
    {
        using var scope = new TensorScope();
        return Frechet(features, reference.Mean(), reference.Covariance(), seed, resamples);
    }

    /// <inheritdoc cref="Frechet(Tensor, FeatureStatistics, ulong, int)"/>
    public static Interval Frechet(Tensor features, FeatureMoments reference, ulong seed, int resamples = 200) => Frechet(features, reference.Mean, reference.Covariance, seed, resamples);

    private static Interval Frechet(Tensor features, Tensor mean, Tensor covariance, ulong seed, int resamples)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var rows = features.Detach().To(device: Device.Cpu).To(ScalarType.Float64);
        var root = FrechetDistance.Root(covariance);
        return Of((int)rows.Size(0), chosen => Distance(rows.IndexSelect(0, chosen)), Distance(rows), seed, resamples);

        double Distance(Tensor sample)
        {
            using var statistics = FeatureStatistics.Of(sample);
            return FrechetDistance.Between(mean, covariance, root, statistics.Mean(), statistics.Covariance());
        }
    }

    private static Interval Alike(bool hit, int count)
    {
        var certain = Math.Pow(Tail, 1.0 / count);
        return hit ? new Interval(1, certain, 1) : new Interval(0, 0, 1 - certain);
    }

    private static Interval OfShare(Interval share) => share with { Low = Math.Max(0, share.Low), High = Math.Min(1, share.High) };

    private static Interval Of(int count, Func<Tensor, double> measure, double value, ulong seed, int resamples)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        using var generator = new Generator(seed);
        var measured = new double[resamples];
        for (var i = 0; i < resamples; i++)
        {
            using var scope = new TensorScope();
            measured[i] = measure(Ops.Randint(0, count, [count], generator));
        }

        var mean = measured.Average();
        Array.Sort(measured);
        return new Interval(value, value + Quantile(measured, Tail) - mean, value + Quantile(measured, 1 - Tail) - mean);
    }

    private static double Quantile(double[] sorted, double p)
    {
        var place = p * (sorted.Length - 1);
        var below = (int)place;
        return below + 1 < sorted.Length ? sorted[below] + ((place - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }
}
