using Pagoda.Torch;

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
