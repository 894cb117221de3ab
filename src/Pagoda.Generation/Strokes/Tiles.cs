namespace Pagoda.Generation.Strokes;

/// <summary>The tiles of a drawing, and which shapes may cover something of each.</summary>
internal sealed class Tiles
{
    // A float in pixels has a sixteenth of a pixel there: nothing drawn beyond means anything.
    private const float Farthest = 1e6f;

    private readonly int _columns;
    private readonly int[] _starts;
    private readonly int[] _shapes;

    public Tiles(StrokeDrawing drawing, int? chords = null)
    {
        Check(drawing);
        Drawing = drawing;
        Lines = new Polylines(drawing, chords);
        _columns = (drawing.Width + Coverage.Side - 1) / Coverage.Side;
        Count = _columns * ((drawing.Height + Coverage.Side - 1) / Coverage.Side);
        _starts = new int[Count + 1];
        Visit(drawing, (tile, _) => _starts[tile + 1]++);
        for (var tile = 0; tile < Count; tile++)
        {
            _starts[tile + 1] += _starts[tile];
        }

        _shapes = new int[_starts[^1]];
        var next = _starts.ToArray();
        Visit(drawing, (tile, shape) => _shapes[next[tile]++] = shape);
    }

    /// <summary>What is drawn.</summary>
    public StrokeDrawing Drawing { get; }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>The shapes' polylines.</summary>
    public Polylines Lines { get; }

    /// <summary>A tile's left and upper edge.</summary>
    public (int Left, int Top) Corner(int tile) => (tile % _columns * Coverage.Side, tile / _columns * Coverage.Side);

    /// <summary>The shapes of a tile, the hindmost first.</summary>
    public ReadOnlySpan<int> ShapesOf(int tile) => _shapes.AsSpan(_starts[tile].._starts[tile + 1]);

    private void Visit(StrokeDrawing drawing, Action<int, int> visit)
    {
        var rows = Count / _columns;
        for (var i = 0; i < drawing.Shapes.Count; i++)
        {
            var shape = drawing.Shapes[i];
            if (drawing.Points.AsSpan(2 * shape.First, 2 * shape.Points).ContainsAnyExceptInRange(-Farthest, Farthest)
                || drawing.Widths.AsSpan(i, 1).ContainsAnyExceptInRange(-Farthest, Farthest)
                || drawing.Colors.AsSpan(4 * i, 4).ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
            {
                continue;
            }

            var x = Lines.X.AsSpan(Lines.Of(i));
            var y = Lines.Y.AsSpan(Lines.Of(i));

            // An area reaches no further than its points, a line half its width and the half of a pixel.
            var reach = shape.Kind == StrokeKind.Line ? (drawing.Widths[i] / 2) + 0.5f : 0;
            var (left, right) = (Tile(Least(x) - reach, _columns), Tile(Most(x) + reach, _columns));
            var (top, bottom) = (Tile(Least(y) - reach, rows), Tile(Most(y) + reach, rows));
            for (var row = Math.Max(0, top); row <= Math.Min(rows - 1, bottom); row++)
            {
                for (var column = Math.Max(0, left); column <= Math.Min(_columns - 1, right); column++)
                {
                    visit((row * _columns) + column, i);
                }
            }
        }
    }

    private static void Check(StrokeDrawing drawing)
    {
        var (shapes, points) = (drawing.Shapes.Count, drawing.Shapes.Select(shape => shape.First + shape.Points).DefaultIfEmpty().Max());
        if (drawing.Shapes.Any(shape => shape.First < 0 || shape.Segments < 1))
        {
            throw new ArgumentException("A shape of a drawing needs a segment, and a first point among the drawing's points.");
        }

        if (drawing.Background.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
        {
            throw new ArgumentException($"A drawing's background has to be finite, not {string.Join(", ", drawing.Background)}.");
        }

        if (drawing.Width < 1 || drawing.Height < 1 || drawing.Points.Length < 2 * points || drawing.Widths.Length != shapes || drawing.Colors.Length != 4 * shapes || drawing.Background.Length != 3)
        {
            throw new ArgumentException(
                $"A drawing of {shapes} shapes needs a size, {2 * points} numbers of points, {shapes} widths, {4 * shapes} of colours and 3 of background, not {drawing.Width} x {drawing.Height}, {drawing.Points.Length}, {drawing.Widths.Length}, {drawing.Colors.Length} and {drawing.Background.Length}.");
        }
    }

    private static float Least(ReadOnlySpan<float> values)
    {
        var least = float.PositiveInfinity;
        foreach (var value in values)
        {
            least = Math.Min(least, value);
        }

        return least;
    }

    private static float Most(ReadOnlySpan<float> values)
    {
        var most = float.NegativeInfinity;
        foreach (var value in values)
        {
            most = Math.Max(most, value);
        }

        return most;
    }

    private static int Tile(float place, int count) => (int)Math.Clamp(MathF.Floor(place / Coverage.Side), -1, count);
}
