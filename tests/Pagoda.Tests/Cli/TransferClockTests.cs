using Pagoda.Cli;

namespace Pagoda.Tests.Cli;

public sealed class TransferClockTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void ToString_ResumedTransfer_CountsOnlyNewBytes()
    {
        var clock = new TransferClock(_time);
        clock.Update(500_000_000, 1_000_000_000);
        Assert.Equal("500 MB of 1.00 GB", clock.ToString());
        _time.Advance(2);
        clock.Update(520_000_000, 1_000_000_000);
        Assert.Equal("520 MB of 1.00 GB, 10.0 MB/s, 48 s left", clock.ToString());
    }

    [Fact]
    public void Speed_LongTransfer_LooksAtTheLastTenSeconds()
    {
        var clock = new TransferClock(_time);
        var received = 0L;
        for (var second = 0; second < 100; second++)
        {
            clock.Update(received, null);
            _time.Advance(1);
            received += second < 50 ? 1_000_000 : 5_000_000;
        }

        clock.Update(received, null);
        Assert.Equal(5_000_000, clock.Speed!.Value, 1.0);
    }

    [Fact]
    public void Speed_TransferStartsOver_ForgetsTheOldOne()
    {
        var clock = new TransferClock(_time);
        clock.Update(0, null);
        _time.Advance(1);
        clock.Update(9_000, null);
        clock.Update(0, null);
        Assert.Null(clock.Speed);
        _time.Advance(1);
        clock.Update(3_000, null);
        Assert.Equal(3_000, clock.Speed!.Value, 1.0);
    }

    [Theory]
    [InlineData(999, "999 B")]
    [InlineData(1_310_567_621, "1.31 GB")]
    [InlineData(605_157_884, "605 MB")]
    [InlineData(7_289, "7.29 kB")]
    public void Bytes_Number_ThreeDigitsAndUnit(long bytes, string expected) => Assert.Equal(expected, Terminal.Bytes(bytes));

    [Theory]
    [InlineData(42, "42 s")]
    [InlineData(187, "3:07")]
    [InlineData(7387, "2:03:07")]
    public void Duration_Seconds_AsPeopleWriteThem(int seconds, string expected) =>
        Assert.Equal(expected, Terminal.Duration(TimeSpan.FromSeconds(seconds)));

    private sealed class ManualTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(int seconds) => _ticks += seconds * TimeSpan.TicksPerSecond;
    }
}
