using Pagoda.Torch;
using Pagoda.Torch.Distributed;

namespace Pagoda.Evaluation.Frechet;

/// <summary>
/// Mean and covariance of features that come in batches, in float64: batches are joined by the pairwise update of Chan, Golub
/// and LeVeque (1979), which does not lose digits as sums of squares do.
/// </summary>
public sealed class FeatureStatistics : IDisposable
{
    private Tensor? _mean;
    private Tensor? _scatter;

    /// <summary>Rows taken in.</summary>
    public long Count { get; private set; }

    /// <summary>The statistics of one set of features.</summary>
    /// <param name="features"><c>[N, D]</c>.</param>
    public static FeatureStatistics Of(Tensor features)
    {
        var statistics = new FeatureStatistics();
        statistics.Add(features);
        return statistics;
    }

    /// <summary>Takes rows in.</summary>
    /// <param name="features"><c>[N, D]</c>, of any floating-point type on any device; D is that of the first batch.</param>
    /// <exception cref="ArgumentException">It is no matrix of that width, or a number in it is not finite.</exception>
    public void Add(Tensor features)
    {
        if (features.Dimensions != 2 || features.Size(0) == 0 || (_mean is not null && _mean.Size(0) != features.Size(1)))
        {
            throw new ArgumentException($"Statistics of {_mean?.Size(0).ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "any"} features take [N, D] with that D, not {features}.", nameof(features));
        }

        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        var rows = features.Detach().To(device: Device.Cpu).To(ScalarType.Float64);
        var mean = rows.Mean([0]);
        if (!double.IsFinite(mean.Sum().ToDouble()))
        {
            throw new ArgumentException("A feature is not a finite number, so there is no mean.", nameof(features));
        }

        var centred = rows - mean;
        var scatter = centred.T().Matmul(centred);
        var (before, added) = (Count, features.Size(0));
        Count = before + added;
        if (_mean is null || _scatter is null)
        {
            (_mean, _scatter) = (TensorScope.Release(mean), TensorScope.Release(scatter));
            return;
        }

        var shift = mean - _mean;
        _scatter.Add_(scatter).Add_(shift.Outer(shift), (double)before * added / Count);
        _mean.Add_(shift, (double)added / Count);
    }

    /// <summary>
    /// Joins what the ranks of a run have taken in: after it, each has the statistics of all rows. Exact but for rounding: the mean of all is formed
    /// first, and each scatter moved there before they are summed.
    /// </summary>
    /// <exception cref="DistributedException">A rank is lost.</exception>
    /// <exception cref="InvalidOperationException">No rank has taken anything in.</exception>
    public void Join(ProcessGroup group)
    {
        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        var width = (long)group.AllGather(Tensor.FromScalar(_mean?.Size(0) ?? 0, ScalarType.Float64)).Max().ToDouble();
        if (width == 0)
        {
            throw Empty();
        }

        var (own, all) = (Count, (long)group.Sum(Count));
        var mean = _mean is null ? Ops.Zeros([width], ScalarType.Float64) : _mean * ((double)own / all);
        group.AllReduce([mean]);
        var scatter = Ops.Zeros([width, width], ScalarType.Float64);
        if (_mean is not null && _scatter is not null)
        {
            var shift = _mean - mean;
            scatter.Add_(_scatter).Add_(shift.Outer(shift), own);
        }

        group.AllReduce([scatter]);
        Dispose();
        (_mean, _scatter, Count) = (TensorScope.Release(mean), TensorScope.Release(scatter), all);
    }

    /// <summary>The statistics of the rows that are left when some of those taken in are taken out again.</summary>
    /// <param name="part">Statistics of some of the rows; at least two rows are left.</param>
    /// <returns>Owned by the caller.</returns>
    /// <exception cref="InvalidOperationException">Too few rows would be left.</exception>
    public FeatureStatistics Without(FeatureStatistics part)
    {
        var left = Count - part.Count;
        if (left < 2 || _mean is null || _scatter is null || part._mean is null || part._scatter is null)
        {
            throw Empty();
        }

        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        var mean = ((_mean * Count) - (part._mean * part.Count)) / left;
        var shift = mean - part._mean;
        var scatter = _scatter - part._scatter;
        scatter.Add_(shift.Outer(shift), -(double)left * part.Count / Count);
        return new FeatureStatistics { Count = left, _mean = TensorScope.Release(mean), _scatter = TensorScope.Release(scatter) };
    }

    /// <summary>The mean, <c>[D]</c> float64, in the current scope.</summary>
    /// <exception cref="InvalidOperationException">Nothing was taken in.</exception>
    public Tensor Mean() => (_mean ?? throw Empty()).Clone();

    /// <summary>The covariance with denominator N - 1, <c>[D, D]</c> float64, in the current scope.</summary>
    /// <exception cref="InvalidOperationException">Fewer than two rows were taken in.</exception>
    public Tensor Covariance() => Count > 1 ? _scatter! / (Count - 1) : throw Empty();

    /// <inheritdoc/>
    public void Dispose()
    {
        _mean?.Dispose();
        _scatter?.Dispose();
    }

    private InvalidOperationException Empty() => new($"{Count} row(s) of features have no statistics; take in more.");
}
