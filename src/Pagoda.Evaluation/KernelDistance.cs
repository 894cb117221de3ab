using Pagoda.Torch;

namespace Pagoda.Evaluation;

/// <summary>
/// The Kernel Inception Distance (Bińkowski et al. 2018, arXiv 1801.01401, section 4): the squared maximum mean discrepancy of features
/// under the kernel (x·y / D + 1)³, estimated without bias on random subsets. Near 0 for equal distributions, where it may be negative;
/// unlike FID it does not depend on the number of samples, so it is the one for small sets. Papers often give it times 1000.
/// </summary>
public static class KernelDistance
{
    /// <summary>Subsets drawn, as clean-fid and torch-fidelity draw.</summary>
    public const int Subsets = 100;

    /// <summary>Samples of either side in a subset.</summary>
    public const int SubsetSize = 1000;

    // Samples of either side that an interval is computed from: a kernel of 10,000 x 10,000 takes seconds.
    private const int MostForInterval = 10_000;
    private const int Block = 2048;

    /// <summary>Measures the distance.</summary>
    /// <param name="first"><c>[N, D]</c>, of any floating-point type; computed on its device.</param>
    /// <param name="second"><c>[M, D]</c>.</param>
    /// <param name="seed">Of the drawing of subsets; the same seed gives the same number.</param>
    /// <param name="subsets">How many.</param>
    /// <param name="subsetSize">Samples of either side in each, drawn without repetition; all of the smaller side where it has fewer.</param>
    /// <param name="products">
    /// The type of matrix products; sums are float64 always. Float32 is several times as fast, and its difference lies far below what subsets differ
    /// by: 1e-4 of a distance at most (KernelDistanceTests).
    /// </param>
    /// <returns>Mean over the subsets and the deviation between them.</returns>
    /// <exception cref="ArgumentException">The widths differ, or a side has fewer than two samples.</exception>
    public static Spread Between(Tensor first, Tensor second, ulong seed, int subsets = Subsets, int subsetSize = SubsetSize, ScalarType products = ScalarType.Float64)
    {
        Check(first, second);
        ArgumentOutOfRangeException.ThrowIfLessThan(subsets, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(subsetSize, 2);
        using var frozen = GradMode.Disable();
        using var generator = new Generator(seed);
        using var all = new TensorScope();
        var centre = Centre(first, second);
        var size = Math.Min(subsetSize, Math.Min(first.Size(0), second.Size(0)));
        var values = new double[subsets];
        for (var i = 0; i < subsets; i++)
        {
            using var scope = new TensorScope();
            values[i] = Unbiased(Draw(first), Draw(second), centre, products);
        }

        return Spread.Of(values);

        Tensor Draw(Tensor rows) => rows.IndexSelect(0, Ops.Randperm(rows.Size(0), generator).Narrow(0, 0, size).To(device: rows.Device)).To(device: first.Device);
    }

    /// <summary>
    /// The half width of a 95 % interval: the <see cref="Jackknife"/> over tenths of the first side's samples, of the estimate on all samples at once,
    /// not on subsets, with the second side as fixed. Of more than 10,000 samples the first 10,000 are looked at.
    /// </summary>
    /// <param name="first"><c>[N, D]</c>.</param>
    /// <param name="second"><c>[M, D]</c>.</param>
    /// <returns>NaN for fewer than 20 samples.</returns>
    /// <exception cref="ArgumentException">The widths differ, or a side has fewer than two samples.</exception>
    public static double HalfWidth(Tensor first, Tensor second)
    {
        Check(first, second);
        if (first.Size(0) < 2 * Jackknife.Groups)
        {
            return double.NaN;
        }

        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        var centre = Centre(first, second);
        var other = Few(second);
        var groups = Enumerable.Range(0, Jackknife.Groups).Select(group => Few(first).IndexSelect(0, Jackknife.Members(Few(first).Size(0), group).To(device: first.Device))).ToArray();
        var counts = groups.Select(group => (double)group.Size(0)).ToArray();
        var between = new double[groups.Length, groups.Length];
        var across = new double[groups.Length];
        for (var i = 0; i < groups.Length; i++)
        {
            across[i] = Sum(groups[i], other);
            for (var j = 0; j <= i; j++)
            {
                between[i, j] = between[j, i] = Sum(groups[i], groups[j]) - (i == j ? Own(groups[i]) : 0);
            }
        }

        // The second side's own part is the same in all and has no deviation.
        var without = new double[groups.Length];
        for (var left = 0; left < groups.Length; left++)
        {
            var kept = Enumerable.Range(0, groups.Length).Where(group => group != left).ToArray();
            var count = kept.Sum(group => counts[group]);
            without[left] = (kept.Sum(i => kept.Sum(j => between[i, j])) / (count * (count - 1))) - (2 * kept.Sum(group => across[group]) / (count * other.Size(0)));
        }

        return Jackknife.Of(0, without).High;

        static Tensor Few(Tensor rows) => rows.Narrow(0, 0, Math.Min(MostForInterval, rows.Size(0)));
        double Sum(Tensor x, Tensor y)
        {
            var sum = 0.0;
            foreach (var rows in y.Split(Block))
            {
                using var part = new TensorScope();
                sum += Kernel(x, rows, centre, ScalarType.Float32).Sum([0, 1], dtype: ScalarType.Float64).ToDouble();
            }

            return sum;
        }

        double Own(Tensor x)
        {
            using var part = new TensorScope();
            var inner = (x.To(ScalarType.Float64).Square().Sum([1]) / x.Size(1)) + 1;
            return (inner.Square() * inner).Sum().ToDouble();
        }
    }

    private static void Check(Tensor first, Tensor second)
    {
        if (first.Dimensions != 2 || second.Dimensions != 2 || first.Size(1) != second.Size(1) || Math.Min(first.Size(0), second.Size(0)) < 2)
        {
            throw new ArgumentException($"KID takes features [N, D] and [M, D] with N and M of 2 or more, not {first} and {second}.", nameof(second));
        }
    }

    /// <summary>The estimate on as many samples of the one as of the other; a sample is not compared with itself.</summary>
    private static double Unbiased(Tensor x, Tensor y, Tensor centre, ScalarType products)
    {
        var count = x.Size(0);
        return ((Own(x) + Own(y)) / (count * (count - 1.0))) - (2 * Kernel(x, y, centre, products).Mean().ToDouble());

        double Own(Tensor rows)
        {
            var kernel = Kernel(rows, rows, centre, products);
            return (kernel.Sum() - kernel.Diagonal().Sum()).ToDouble();
        }
    }

    /// <summary>The middle of both sides, float64: products of what differs from it lose fewer digits in float32.</summary>
    private static Tensor Centre(Tensor first, Tensor second) =>
        ((first.Mean([0], dtype: ScalarType.Float64) + second.To(device: first.Device).Mean([0], dtype: ScalarType.Float64)) / 2).View([1, first.Size(1)]);

    /// <summary>(x·y / D + 1)³ in float64, with x·y = (x - c)·(y - c) + c·x + c·y - c·c: only the first product is as large as the kernel.</summary>
    private static Tensor Kernel(Tensor x, Tensor y, Tensor centre, ScalarType products)
    {
        var (left, right) = (x.To(ScalarType.Float64), y.To(device: x.Device, dtype: ScalarType.Float64));
        if (products == ScalarType.Float64)
        {
            return Cube((left.Matmul(right.T()) / x.Size(1)) + 1);
        }

        var product = (left - centre).To(products).Matmul((right - centre).To(products).T()).To(ScalarType.Float64);
        var shift = left.Matmul(centre.T()) + right.Matmul(centre.T()).T() - centre.Square().Sum();
        return Cube(((product + shift) / x.Size(1)) + 1);
    }

    private static Tensor Cube(Tensor inner) => inner.Square() * inner;
}
