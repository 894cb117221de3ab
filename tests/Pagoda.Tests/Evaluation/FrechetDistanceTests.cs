using FsCheck;
using FsCheck.Fluent;
using Pagoda.Evaluation.Frechet;
using Pagoda.Torch;

namespace Pagoda.Tests.Evaluation;

public sealed class FrechetDistanceTests
{
    [Fact]
    public void Between_NormalsOnALine_IsTheKnownFormula()
    {
        // (3 - 0)² + (2 - 1)²: difference of means and of deviations.
        using var scope = new TensorScope();
        Assert.Equal(10, FrechetDistance.Between(Vector(0), Matrix(1, 1), Vector(3), Matrix(1, 4)), 12);
    }

    [Fact]
    public void Between_MatricesThatDoNotCommute_IsTheValueByHand()
    {
        // (S1 S2) of S1 = diag(4, 1) and S2 = [[2, 1], [1, 2]] has trace 10 and determinant 12, so its root has trace √(10 + 2√12).
        using var scope = new TensorScope();
        var distance = FrechetDistance.Between(Vector(0, 0), Matrix(2, 4, 0, 0, 1), Vector(0, 0), Matrix(2, 2, 1, 1, 2));
        Assert.Equal(5 + 4 - (2 * Math.Sqrt(10 + (2 * Math.Sqrt(12)))), distance, 10);
    }

    [Fact]
    public void Between_FewerSamplesThanDimensions_IsFiniteAndNothingToItself()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(5);
        using var first = FeatureStatistics.Of(Ops.Randn([6, 40], generator, ScalarType.Float32));
        using var second = FeatureStatistics.Of(Ops.Randn([9, 40], generator, ScalarType.Float32) + 1);
        Assert.Equal(0, FrechetDistance.Between(first, first), 5);
        Assert.InRange(FrechetDistance.Between(first, second), 30, 200);
    }

    [Fact]
    public void Between_AnySets_IsSymmetricAndNotNegative() =>
        Prop.ForAll(Gen.Choose(1, 10_000).ToArbitrary(), seed =>
        {
            using var scope = new TensorScope();
            using var generator = new Generator((ulong)seed);
            using var first = FeatureStatistics.Of(Ops.Randn([12, 5], generator, ScalarType.Float32));
            using var second = FeatureStatistics.Of((Ops.Randn([20, 5], generator, ScalarType.Float32) * 2) - 1);
            var distance = FrechetDistance.Between(first, second);
            return distance > -1e-9 && Math.Abs(distance - FrechetDistance.Between(second, first)) < 1e-8 * Math.Max(1, distance);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void FeatureStatistics_InBatches_AreThoseOfTheWhole()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(9);
        // Far from zero, where sums of squares would lose all digits.
        var rows = Ops.Randn([100, 7], generator, ScalarType.Float32).To(ScalarType.Float64) + 1e7;
        using var whole = FeatureStatistics.Of(rows);
        using var parts = new FeatureStatistics();
        foreach (var part in rows.Split(33))
        {
            parts.Add(part);
        }

        Assert.Equal(100, parts.Count);
        Assert.InRange((whole.Mean() - parts.Mean()).Abs().Max().ToDouble(), 0, 1e-7);
        Assert.InRange((whole.Covariance() - parts.Covariance()).Abs().Max().ToDouble(), 0, 1e-6);
        Assert.InRange(whole.Covariance().Diagonal().Mean().ToDouble(), 0.7, 1.4);
    }

    [Fact]
    public void FeatureStatistics_NotFiniteOrOfAnotherWidth_IsRefused()
    {
        using var scope = new TensorScope();
        using var statistics = FeatureStatistics.Of(Ops.Zeros([3, 4], ScalarType.Float32));
        Assert.Throws<ArgumentException>(() => statistics.Add(Ops.Zeros([3, 5], ScalarType.Float32)));
        Assert.Contains("finite", Assert.Throws<ArgumentException>(() => statistics.Add(Tensor.From([float.NaN, 0f, 0f, 0f], 1, 4))).Message, StringComparison.Ordinal);
        Assert.Equal(3, statistics.Count);
    }

    private static Tensor Vector(params double[] values) => Tensor.From(values);

    private static Tensor Matrix(int side, params double[] values) => Tensor.From(values, side, side);
}
