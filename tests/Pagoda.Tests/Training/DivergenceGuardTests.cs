using Pagoda.Training;

namespace Pagoda.Tests.Training;

[Trait("Host", "small")]
public sealed class DivergenceGuardTests
{
    private readonly DivergenceGuard _guard = new(new GuardOptions { Patience = 3, GradientNorm = 10, EnergyGap = 0.2, Saturation = 0.9 });

    [Theory]
    [InlineData(double.NaN, 1, "the loss is NaN")]
    [InlineData(double.PositiveInfinity, 1, "the loss is Infinity")]
    [InlineData(1, double.NaN, "the gradient's norm is NaN")]
    public void Judge_NoNumber_IsAnAlarmAtOnce(double loss, double norm, string problem)
    {
        Assert.Equal((problem, 1), _guard.Judge(loss, norm, []));
    }

    [Theory]
    [InlineData(0.5, 0.8, 0.1, "cosine is 0.30 above")]
    [InlineData(0.5, 0.4, 0.95, "black or white")]
    public void Judge_FiguresThatLast_AreAnAlarm(double real, double painted, double saturated, string problem)
    {
        (string, double)[] bad = [("real", real), ("painted", painted), ("saturated", saturated)];
        Assert.Null(_guard.Judge(1, 1, bad));
        Assert.Null(_guard.Judge(1, 1, bad));
        Assert.Null(_guard.Judge(1, 1, [("real", 0.5), ("painted", 0.5), ("saturated", 0.1)]));
        Assert.Null(_guard.Judge(1, 1, bad));
        Assert.Null(_guard.Judge(1, 1, bad));
        var alarm = _guard.Judge(1, 1, bad);
        Assert.Contains(problem, alarm!.Value.Problem, StringComparison.Ordinal);
        Assert.Equal(3, alarm.Value.Steps);
    }

    [Fact]
    public void Judge_NormsFarAboveTheUsual_AreAnAlarm_AlsoAfterAResume()
    {
        foreach (var i in Enumerable.Range(0, 30))
        {
            Assert.Null(_guard.Judge(1, 1 + (0.01 * i), []));
        }

        Assert.Null(_guard.Judge(1, 50, []));
        var resumed = new DivergenceGuard(new GuardOptions { Patience = 3, GradientNorm = 10 });
        resumed.Restore(_guard.Save());
        Assert.Null(resumed.Judge(1, 50, []));
        Assert.Contains("usually", resumed.Judge(1, 50, [])!.Value.Problem, StringComparison.Ordinal);
        resumed.Forget();
        Assert.Null(resumed.Judge(1, 50, []));
    }
}
