using Pagoda.Formats.Npz;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Frechet;

/// <summary>
/// Mean and covariance of a set's features, to be kept in a file: <c>mu</c> and <c>sigma</c> of an .npz, as mseitzer/pytorch-fid
/// (src/pytorch_fid/fid_score.py), GaParmar/clean-fid and the statistics that others publish have them.
/// </summary>
public sealed class FeatureMoments : IDisposable
{
    private const string MeanName = "mu", CovarianceName = "sigma", CountName = "count";

    /// <summary>Takes given moments.</summary>
    /// <param name="mean"><c>[D]</c>, float32 or float64; copied.</param>
    /// <param name="covariance"><c>[D, D]</c>, symmetric, float32 or float64; copied.</param>
    /// <param name="count">How many samples they are of, if that is known.</param>
    /// <exception cref="ArgumentException">The shapes do not fit each other, or a number is not finite.</exception>
    public FeatureMoments(Tensor mean, Tensor covariance, long? count)
    {
        if (mean.Dimensions != 1 || covariance.Dimensions != 2 || covariance.Size(0) != mean.Size(0) || covariance.Size(1) != mean.Size(0) || mean.Size(0) == 0)
        {
            throw new ArgumentException($"Moments are a mean [D] and a covariance [D, D], not {mean} and {covariance}.", nameof(mean));
        }

        using var unowned = TensorScope.Unowned();
        using (var scope = new TensorScope())
        {
            Mean = TensorScope.Release(mean.Detach().To(device: Device.Cpu, dtype: ScalarType.Float64, copy: true));
            Covariance = TensorScope.Release(covariance.Detach().To(device: Device.Cpu, dtype: ScalarType.Float64, copy: true));
            if (!double.IsFinite(Mean.Sum().ToDouble() + Covariance.Sum().ToDouble()))
            {
                Dispose();
                throw new ArgumentException("A moment is not a finite number; the features or the file they come from are damaged.", nameof(mean));
            }
        }

        Count = count;
    }

    /// <summary><c>[D]</c> float64.</summary>
    public Tensor Mean { get; }

    /// <summary><c>[D, D]</c> float64, with denominator N - 1.</summary>
    public Tensor Covariance { get; }

    /// <summary>How many samples they are of; unknown for files of other programs.</summary>
    public long? Count { get; }

    /// <summary>The moments of features taken in so far.</summary>
    /// <exception cref="InvalidOperationException">Fewer than two rows were taken in.</exception>
    public static FeatureMoments Of(FeatureStatistics statistics)
    {
        using var scope = new TensorScope();
        return new FeatureMoments(statistics.Mean(), statistics.Covariance(), statistics.Count);
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="NpzException">It cannot be read, or holds no moments.</exception>
    public static FeatureMoments Read(string path)
    {
        using var scope = new TensorScope();
        using var file = NpzFile.Open(path);
        try
        {
            long? count = file.Has(CountName) && file.Read(CountName) is { Elements: 1 } number ? (long)number.ToDouble() : null;
            return new FeatureMoments(file.Read(MeanName), file.Read(CovarianceName), count);
        }
        catch (ArgumentException problem)
        {
            throw new NpzException($"{path} holds no statistics: {problem.Message}", problem);
        }
    }

    /// <summary>Writes a file that pytorch-fid and clean-fid read, with the number of samples as <c>count</c>, which they ignore.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="overwrite">Whether a file that is there may be replaced.</param>
    /// <param name="more">Further arrays, which those programs ignore too.</param>
    /// <exception cref="IOException">The file exists and may not be replaced, or the disk refuses.</exception>
    public void Write(string path, bool overwrite = false, IEnumerable<KeyValuePair<string, Tensor>>? more = null)
    {
        using var scope = new TensorScope();
        var arrays = new List<KeyValuePair<string, Tensor>> { new(MeanName, Mean), new(CovarianceName, Covariance) };
        if (Count is { } count)
        {
            arrays.Add(new(CountName, Tensor.FromScalar(count, ScalarType.Float64)));
        }

        NpzFile.Write(path, arrays.Concat(more ?? []), overwrite);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Mean.Dispose();
        Covariance.Dispose();
    }
}
