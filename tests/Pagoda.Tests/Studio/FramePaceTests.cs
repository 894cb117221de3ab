using System.Diagnostics;
using Pagoda.Generation;

namespace Pagoda.Tests.Studio;

public sealed class FramePaceTests
{
    [Fact]
    public void IsDue_FirstAlways_ThenNotBeforeTheLeastTime()
    {
        var pace = new FramePace(TimeSpan.FromHours(1));
        Assert.True(pace.IsDue());
        Assert.False(pace.IsDue());
    }

    [Fact]
    public void IsDue_DearFrames_ComeSoSeldomThatTheyTakeTheirShareAtMost()
    {
        var pace = new FramePace(TimeSpan.Zero, 0.5, () => TimeSpan.Zero);
        Assert.True(pace.IsDue());
        pace.Spent(TimeSpan.FromHours(1));
        Assert.True(pace.IsDue(), "what the first frame cost counts nothing");
        pace.Spent(TimeSpan.FromMilliseconds(20));
        pace.Spent(TimeSpan.FromMilliseconds(20));
        var begun = Stopwatch.StartNew();
        while (!pace.IsDue())
        {
        }

        // Half of the time for 40 ms: the next is due after 80, never before.
        Assert.InRange(begun.Elapsed.TotalMilliseconds, 75, double.MaxValue);
        Assert.True(pace.IsDue(), "a frame that cost nothing delays the next by nothing");
    }

    [Fact]
    public void IsDue_PaintingHasToWaitForItsCores_FramesComeLessOften()
    {
        var waited = TimeSpan.Zero;
        var pace = new FramePace(TimeSpan.Zero, 0.5, () => waited);
        Assert.True(pace.IsDue());
        Assert.True(pace.IsDue());
        var begun = Stopwatch.StartNew();
        waited = TimeSpan.FromMilliseconds(40);
        while (!pace.IsDue())
        {
        }

        Assert.InRange(begun.Elapsed.TotalMilliseconds, 75, double.MaxValue);
    }

    [Fact]
    public void Paint_WithAPace_IsTheSamePicture()
    {
        using var painter = Painter.Load("emoji");
        var options = new PaintOptions { Seed = 3, Method = PaintMethod.Pixels, Start = Pagoda.Generation.Recipes.StartKind.Grey, Steps = 5, Views = 1 };
        var every = painter.PaintAsync("a red heart", options).ToBlockingEnumerable().ToList();
        var paced = painter.PaintAsync("a red heart", options with { FramePace = new FramePace(TimeSpan.FromHours(1)) }).ToBlockingEnumerable().ToList();
        Assert.Equal((6, 2), (every.Count, paced.Count));
        Assert.Equal(every[^1].Picture.Pixels, paced[^1].Picture.Pixels);
    }
}
