using Pagoda.Generation;
using Pagoda.Generation.Brushes;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Strokes;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation.Brushes;

public sealed class StrokeBrushTests
{
    private const int Size = 48;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Step_TowardsAPicture_ComesCloser(bool fill)
    {
        using var scope = new TensorScope();
        var (before, after) = Follow(new StrokeOptions { Count = 24, Fill = fill, Radius = 0.3, Width = 8 }, 60);
        Assert.True(after < before * 0.6, $"from {before} to {after}");
    }

    [Fact]
    public void Step_WithAPalette_ShowsNoOtherColour()
    {
        using var scope = new TensorScope();
        using var brush = Brush(new StrokeOptions { Count = 10, Palette = ["#ff0000", "#0000ff"], Width = 6 }, 20);
        Follow(brush, 20);

        Assert.All(brush.Drawing.Colors.Chunk(4), color => Assert.Contains((color[0], color[1], color[2]), new[] { (1f, 0f, 0f), (0f, 0f, 1f) }));
    }

    [Fact]
    public void Step_KeepsWidthsAndColoursInBounds_AndMovesTheBackgroundOnlyWhenFree()
    {
        using var scope = new TensorScope();
        var options = new StrokeOptions { Count = 10, Width = 3, LeastWidth = 2, MostWidth = 5, WidthRate = 20, ColorRate = 0.5 };
        using var bound = Brush(options, 10);
        using var free = Brush(options with { Background = StrokeOptions.Free }, 10);
        Follow(bound, 10);
        Follow(free, 10);

        var scale = (float)Size / StrokeOptions.Canvas;
        Assert.All(bound.Drawing.Widths, width => Assert.InRange(width, 2 * scale, 5 * scale));
        Assert.All(bound.Drawing.Colors, value => Assert.InRange(value, 0, 1));
        Assert.Equal([1, 1, 1], bound.Drawing.Background);
        Assert.NotEqual([1, 1, 1], free.Drawing.Background);
    }

    [Fact]
    public void Step_SameSeed_SameDrawing()
    {
        using var scope = new TensorScope();
        using var one = Brush(new StrokeOptions { Count = 64, Width = 4 }, 15);
        using var other = Brush(new StrokeOptions { Count = 64, Width = 4 }, 15);
        Follow(one, 15);
        Follow(other, 15);
        Assert.Equal(one.WriteSvg("a"), other.WriteSvg("a"));
    }

    [Fact]
    public void Keep_RemembersWhileStepsGoOn()
    {
        using var scope = new TensorScope();
        using var brush = Brush(new StrokeOptions { Count = 8, Width = 4 }, 10);
        var kept = brush.Draw().ToArray<float>();
        brush.Keep();
        Follow(brush, 3);

        Assert.Equal(kept, brush.DrawKept().ToArray<float>());
        Assert.NotEqual(kept, brush.Draw().ToArray<float>());
    }

    [Fact]
    public void Prune_DropsWhatIsNotSeen_AndAsMuchMoreAsAllowed()
    {
        // A dot, the same dot beneath it, one off the canvas, a transparent one; and a small faint one.
        var shapes = Enumerable.Range(0, 5).Select(i => new StrokeShape(StrokeKind.Line, 4 * i, 1)).ToList();
        float[] Dot(float x, float y) => [x, y, x, y, x, y, x + 1, y];
        var drawing = new StrokeDrawing(32, 32, shapes)
        {
            Points = [.. Dot(10, 10), .. Dot(10, 10), .. Dot(80, 10), .. Dot(20, 20), .. Dot(25, 25)],
            Widths = [6, 8, 6, 6, 1],
            Colors = [1, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0.9f, 0.9f, 0.9f, 1],
        };

        var pruned = StrokePruning.Prune(drawing, 0);
        Assert.Equal([0f, 0, 1, 1, 0.9f, 0.9f, 0.9f, 1], pruned.Colors);
        Assert.Equal(StrokeRenderer.Render(drawing), StrokeRenderer.Render(pruned));
        Assert.Single(StrokePruning.Prune(drawing, 0.001).Shapes);
        Assert.Empty(StrokePruning.Prune(drawing, 1).Shapes);
    }

    [Fact]
    public void Prune_StrokesThatHideEachOther_LeavesOne()
    {
        // The first is hidden. Of the other two each can go, for but their soft edges change; both cannot.
        var drawing = new StrokeDrawing(32, 32, [.. Enumerable.Range(0, 3).Select(i => new StrokeShape(StrokeKind.Line, 4 * i, 1))])
        {
            Points = [.. Enumerable.Repeat(16f, 24)],
            Widths = [8, 16, 16],
            Colors = [0, 1, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1],
        };

        var pruned = StrokePruning.Prune(drawing, 0.03);
        Assert.Single(pruned.Shapes);
        Assert.InRange(StrokeRenderer.Render(drawing).Zip(StrokeRenderer.Render(pruned), (one, other) => Math.Abs(one - other)).Average(), 0.001, 0.03);
    }

    [Fact]
    public void Shares_AreWhatThePictureLoses()
    {
        using var generator = new Generator(3);
        var drawing = RandomStrokes.Draw(new StrokeOptions { Count = 12, Width = 20, Radius = 0.5 }, 48, generator, null);
        var whole = StrokeRenderer.Render(drawing);
        var shares = StrokeRenderer.Shares(drawing);
        for (var i = 0; i < shares.Length; i++)
        {
            var without = StrokeRenderer.Render(drawing.Without([i]));
            Assert.Equal(whole.Zip(without).Sum(pair => Math.Abs((double)pair.First - pair.Second)), shares[i].Sum, 1e-2);
            Assert.Equal(whole.Zip(without).Max(pair => Math.Abs(pair.First - pair.Second)), shares[i].Largest, 1e-5);
        }
    }

    [Theory]
    [InlineData("#12345", "is no colour")]
    [InlineData("red", "is no colour")]
    public void Check_NoColour_SaysSo(string color, string expected) =>
        Assert.Contains(expected, Assert.Throws<GenerationException>(new StrokeOptions { Background = color }.Check).Message, StringComparison.Ordinal);

    private static (double Before, double After) Follow(StrokeOptions options, int steps)
    {
        using var brush = Brush(options, steps);
        return Follow(brush, steps);
    }

    /// <summary>Follows the squared distance from a blue square on white.</summary>
    private static (double Before, double After) Follow(StrokeBrush brush, int steps)
    {
        var target = Ops.Ones([1, 3, Size, Size], ScalarType.Float32);
        target.Narrow(1, 0, 2).Narrow(2, 12, 24).Narrow(3, 12, 24).Zero_();
        double first = 0, last = 0;
        for (var step = 0; step <= steps; step++)
        {
            using var scope = new TensorScope();
            var difference = brush.Draw() - target;
            last = difference.Square().Sum().ToDouble();
            first = step == 0 ? last : first;
            if (step < steps)
            {
                brush.Step(difference * 2, 1);
            }
        }

        return (first, last);
    }

    private static StrokeBrush Brush(StrokeOptions options, int steps)
    {
        using var generator = new Generator(5);
        return new StrokeBrush(options, Size, Recipe.ClipDraw with { Steps = steps }, generator, Device.Cpu);
    }
}
