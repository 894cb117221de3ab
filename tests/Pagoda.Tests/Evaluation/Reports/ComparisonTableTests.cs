using FsCheck;
using FsCheck.Fluent;
using Pagoda.Evaluation;
using Pagoda.Evaluation.Reports;
using Interval = Pagoda.Evaluation.Interval;

namespace Pagoda.Tests.Evaluation.Reports;

public sealed class ComparisonTableTests
{
    [Fact]
    public void ClearlyBest_OnlyWhereIntervalsAreApart()
    {
        Assert.Equal("b", Column(("a", 0.1, 0.2), ("b", 0.31, 0.4), ("c", 0.2, 0.3)).ClearlyBest);
        Assert.Null(Column(("a", 0.1, 0.2), ("b", 0.29, 0.4), ("c", 0.2, 0.3)).ClearlyBest);
        Assert.Null(Column(("a", 0.1, 0.2)).ClearlyBest);
        Assert.Null(Column(("a", 0.1, 0.2), ("b", double.NaN, double.NaN)).ClearlyBest);
    }

    [Fact]
    public void ClearlyBest_OfADistance_IsTheLowest_AndAControlHasNone()
    {
        Assert.Equal("a", Column("fid", ("a", 0.1, 0.2), ("b", 0.3, 0.4)).ClearlyBest);
        Assert.Equal("a", Column("of-our-own", one => one with { LowerIsBetter = true }, ("a", 0.1, 0.2), ("b", 0.3, 0.4)).ClearlyBest);
        Assert.Null(Column("alignment-target-own", ("a", 0.1, 0.2), ("b", 0.3, 0.4)).ClearlyBest);
    }

    [Fact]
    public void ClearlyBest_WithAWarning_IsNone() =>
        Assert.Null(Column("clipsim", one => one.Subject == "b" ? one with { Warning = "it judges itself" } : one, ("a", 0.1, 0.2), ("b", 0.3, 0.4)).ClearlyBest);

    [Fact]
    public void MeasuredInDifferentWays_IsSaid_AndNothingIsBest()
    {
        var column = Column("clipsim", one => one with { Protocol = one.Protocol with { Samples = one.Subject == "b" ? 200 : 100 } }, ("a", 0.1, 0.2), ("b", 0.3, 0.4), ("c", 0, 0.05));
        Assert.False(column.IsComparable);
        Assert.Null(column.ClearlyBest);
        Assert.Equal("samples 100 for a and c, but 200 for b", column.Difference);
        var weights = Column("clipsim", one => one with { Protocol = one.Protocol with { Network = "judge", Weights = new string(one.Subject == "b" ? 'b' : 'a', 64) } }, ("a", 0.1, 0.2), ("b", 0.3, 0.4));
        Assert.Equal("network judge@aaaaaaaaaa for a, but judge@bbbbbbbbbb for b", weights.Difference);
        Assert.Null(Column(("a", 0.1, 0.2), ("b", 0.3, 0.4)).Difference);
    }

    [Fact]
    public void Of_TwoJudges_AreTwoColumns_AndAMissingNumberStaysWithItsMeasure()
    {
        var table = Assert.Single(ComparisonTable.Of(new MeasurementReport("test", null,
        [
            Number("a", "clipsim", 0.1, 0.2) with { Protocol = Way("clipsim") with { Network = "plain" } },
            Number("a", "clipsim", 0.5, 0.6) with { Protocol = Way("clipsim") with { Network = "robust" } },
            Number("b", "clipsim", 0.3, 0.4) with { Protocol = Way("clipsim") with { Network = "plain" } },
            Number("a", "fid", 3, 4) with { Protocol = Way("fid") with { Network = "inception" } },
            Number("b", "fid", 3, 4) with { Score = null, Protocol = Way("fid") with { Samples = 0 } },
        ])));
        Assert.Equal(["a", "b"], table.Subjects);
        Assert.Equal([("clipsim", "plain", 2), ("clipsim", "robust", 1), ("fid", "inception", 2)], table.Columns.Select(column => (column.Measure, column.Network!, column.Cells.Count)));
        Assert.True(table.Columns[2].IsComparable);
    }

    [Fact]
    public void Ticks_AreRound_AndSpanTheNumbers() => Prop.ForAll(Gen.Choose(-1_000_000, 1_000_000).Two().ToArbitrary(), Gen.Choose(-6, 3).ToArbitrary(), (pair, power) =>
    {
        var scale = Math.Pow(10, power);
        var (low, high) = (Math.Min(pair.Item1, pair.Item2) * scale, Math.Max(pair.Item1, pair.Item2) * scale);
        var ticks = IntervalPlot.Ticks(low, high);
        var step = ticks[1] - ticks[0];
        var mantissa = step / Math.Pow(10, Math.Floor(Math.Log10(step) + 1e-9));
        return ticks.Count is >= 2 and <= 6 && new[] { 1, 2, 5 }.Any(round => Math.Abs(mantissa - round) < 1e-6)
            && (low == high || (ticks[0] - low < step && high - ticks[^1] < step && ticks[0] > low - step && ticks[^1] < high + step));
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0.412, 0.02, 3)]
    [InlineData(34.2, 1.3, 1)]
    [InlineData(340, 13, 0)]
    [InlineData(0.00123, 0.00004, 6)]
    [InlineData(1, 0, 3)]
    [InlineData(50, 0, 1)]
    public void Decimals_AreThoseThatTheIntervalIsWorth(double value, double half, int expected) => Assert.Equal(expected, ComparisonTable.Decimals([new Interval(value, value - half, value + half)]));

    [Fact]
    public void Share_OfAllOrNone_IsNotCertain()
    {
        // 1 - 0.025^(1/n): of 36 without a hit, 9.7 % are still possible.
        Assert.Equal((0, 0, 0.0974), Rounded(Bootstrap.Share(new bool[36], 1)));
        Assert.Equal((1, 0.9026, 1), Rounded(Bootstrap.Share([.. Enumerable.Repeat(true, 36)], 1)));
        var few = Bootstrap.Share([true, false, true, true], 1);
        Assert.True(few.Low >= 0 && few.High <= 1, few.ToString());

        static (double, double, double) Rounded(Interval share) => (share.Value, Math.Round(share.Low, 4), Math.Round(share.High, 4));
    }

    private static ComparisonColumn Column(params (string Subject, double Low, double High)[] numbers) => Column("clipsim", numbers);

    private static ComparisonColumn Column(string measure, params (string Subject, double Low, double High)[] numbers) => Column(measure, one => one, numbers);

    private static ComparisonColumn Column(string measure, Func<Measurement, Measurement> change, params (string Subject, double Low, double High)[] numbers) =>
        Assert.Single(Assert.Single(ComparisonTable.Of(new MeasurementReport("test", null, [.. numbers.Select(one => change(Number(one.Subject, measure, one.Low, one.High)))]))).Columns);

    private static Measurement Number(string subject, string measure, double low, double high) =>
        new() { Subject = subject, Protocol = Way(measure), Score = new Interval(double.IsNaN(low) ? 0.5 : (low + high) / 2, low, high), Expected = 100 };

    private static Protocol Way(string measure) => new() { Measure = measure, Samples = 100, Seed = 7 };
}
