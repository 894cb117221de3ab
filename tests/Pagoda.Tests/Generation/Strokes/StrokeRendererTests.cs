using Pagoda.Generation.Strokes;

namespace Pagoda.Tests.Generation.Strokes;

public sealed class StrokeRendererTests
{
    [Fact]
    public void Render_LineAlongTheGrid_CoversExactly()
    {
        // From (8, 10) to (24, 10), 4 wide: rows 8 to 11 are covered whole, others not; round caps at both ends.
        var drawing = Line([8, 10, 13, 10, 19, 10, 24, 10], 4);
        var picture = StrokeRenderer.Render(drawing);
        Assert.Equal(0, At(picture, 16, 9), 1e-6);
        Assert.Equal(0, At(picture, 16, 8), 1e-6);
        Assert.Equal(1, At(picture, 16, 7), 1e-6);
        Assert.Equal(1, At(picture, 16, 12), 1e-6);
        Assert.Equal(1, At(picture, 4, 10), 1e-6);
        Assert.InRange(At(picture, 6, 8), 0.01, 0.99);
    }

    [Fact]
    public void Render_Square_CoversItsAreaExactly()
    {
        var drawing = Square(4.25f, 5.5f, 11.75f, 20);
        var picture = StrokeRenderer.Render(drawing);
        Assert.Equal(0, At(picture, 8, 10), 1e-5);
        Assert.Equal(0.25, At(picture, 4, 10), 1e-5);
        Assert.Equal(0.25, At(picture, 11, 10), 1e-5);
        Assert.Equal(0.5, At(picture, 8, 5), 1e-5);
        Assert.Equal(1 - (0.5 * 0.75), At(picture, 4, 5), 1e-5);
        Assert.Equal(1, At(picture, 8, 20), 1e-5);
    }

    [Fact]
    public void Render_NearlyUprightEdge_CoversWhatIsRightOfIt()
    {
        // The left edge lies 250 pixels left of the canvas and leans by two ten-thousandths of a pixel a row, the right edge is at 20.
        var drawing = Square(-250, -50, 20, 90);
        for (var point = 0; point < drawing.Points.Length; point += 2)
        {
            drawing.Points[point] += drawing.Points[point] < 0 ? drawing.Points[point + 1] * 2e-4f : 0;
        }

        var picture = StrokeRenderer.Render(drawing);
        Assert.All(Enumerable.Range(0, 32), row => Assert.Equal(0, At(picture, 10, row), 1e-4));
        Assert.All(Enumerable.Range(0, 32), row => Assert.Equal(1, At(picture, 25, row), 1e-4));
    }

    private static double At(float[] picture, int x, int y) => picture[(y * 32) + x];

    private static StrokeDrawing Line(float[] points, float width) => new(32, 32, [new StrokeShape(StrokeKind.Line, 0, (points.Length - 2) / 6)])
    {
        Points = points, Widths = [width], Colors = [0, 0, 0, 1],
    };

    private static StrokeDrawing Square(float left, float top, float right, float bottom)
    {
        (float X, float Y)[] corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        var points = new List<float>();
        for (var i = 0; i < 4; i++)
        {
            var (a, b) = (corners[i], corners[(i + 1) % 4]);
            foreach (var share in new[] { 0f, 1 / 3f, 2 / 3f })
            {
                points.Add(a.X + (share * (b.X - a.X)));
                points.Add(a.Y + (share * (b.Y - a.Y)));
            }
        }

        return new StrokeDrawing(32, 32, [new StrokeShape(StrokeKind.Area, 0, 4)]) { Points = [.. points], Widths = [0], Colors = [0, 0, 0, 1] };
    }
}
