namespace Pagoda.Generation.Strokes;

/// <summary>
/// Draws strokes and areas with smooth edges, back to front, and says how each point, width and colour changes the picture: what CLIPDraw needs of diffvg (Li et al.
/// 2020, Differentiable Vector Graphics Rasterization), for shapes of cubic Bézier segments. The picture is worked through in tiles, on all
/// processors; the gradient draws each tile once more in place of keeping what every shape covers. A shape with a number that is not
/// finite, or with a point or width beyond a million pixels, is not drawn and has no gradient, so that one lost stroke does not end a
/// painting.
/// </summary>
public static class StrokeRenderer
{
    private const int Parts = 16;

    /// <summary>Draws.</summary>
    /// <param name="drawing">The drawing.</param>
    /// <returns>Red, green and blue planes, each row by row, in [0, 1]: <c>[3, height, width]</c>.</returns>
    /// <exception cref="ArgumentException">Its arrays do not fit its shapes, or its background is not finite.</exception>
    public static float[] Render(StrokeDrawing drawing) => Render(drawing, chords: null);

    /// <summary>Draws with so many chords a segment, so that small changes of points change nothing else, and on so many threads, -1 for all.</summary>
    internal static float[] Render(StrokeDrawing drawing, int? chords, int threads = -1)
    {
        var tiles = new Tiles(drawing, chords);
        var picture = new float[3 * drawing.Width * drawing.Height];
        Parallel.For(0, tiles.Count, new ParallelOptions { MaxDegreeOfParallelism = threads }, () => new TileDrawing(drawing, tiles), (tile, _, state) =>
        {
            state.Draw(tile, keep: false);
            state.CopyTo(tile, picture);
            return state;
        }, _ => { });
        return picture;
    }

    /// <summary>The gradient of a number with respect to the drawing, from that with respect to the picture.</summary>
    /// <param name="drawing">The drawing.</param>
    /// <param name="gradient">Of each number that <see cref="Render(StrokeDrawing)"/> gave.</param>
    /// <exception cref="ArgumentException">The arrays do not fit.</exception>
    public static StrokeGradient Backward(StrokeDrawing drawing, ReadOnlyMemory<float> gradient) => Backward(drawing, gradient, chords: null);

    /// <summary>What the picture would lose without each of the shapes.</summary>
    /// <param name="drawing">The drawing.</param>
    /// <exception cref="ArgumentException">Its arrays do not fit its shapes.</exception>
    public static StrokeShare[] Shares(StrokeDrawing drawing)
    {
        var tiles = new Tiles(drawing);
        var parts = InParts(tiles, threads: -1, () => new StrokeShare[drawing.Shapes.Count], (tile, work, result) =>
        {
            work.Draw(tile, keep: true);
            work.AddShares(tile, result);
        });
        return [.. Enumerable.Range(0, drawing.Shapes.Count).Select(i => new StrokeShare(parts.Sum(part => part[i].Sum), parts.Max(part => part[i].Largest)))];
    }

    internal static StrokeGradient Backward(StrokeDrawing drawing, ReadOnlyMemory<float> gradient, int? chords, int threads = -1)
    {
        if (gradient.Length != 3 * drawing.Width * drawing.Height)
        {
            throw new ArgumentException($"A picture of {drawing.Width} x {drawing.Height} has {3 * drawing.Width * drawing.Height} numbers; {gradient.Length} were given.", nameof(gradient));
        }

        var tiles = new Tiles(drawing, chords);
        var parts = InParts(tiles, threads, () => new TileGradient(drawing, tiles.Lines), (tile, work, result) =>
        {
            work.Draw(tile, keep: true);
            work.Back(tile, gradient.Span, result);
        });
        var sum = parts[0];
        foreach (var part in parts.Skip(1))
        {
            sum.Add(part);
        }

        var points = new float[drawing.Points.Length];
        tiles.Lines.AddTo(sum.X, sum.Y, points);
        return new StrokeGradient(points, sum.Widths, sum.Colors, sum.Background);
    }

    /// <summary>Works through tiles in a number of parts that is always the same, so that sums come out the same whatever the threads.</summary>
    private static T[] InParts<T>(Tiles tiles, int threads, Func<T> begin, Action<int, TileDrawing, T> work)
    {
        var results = new T[Math.Min(Parts, tiles.Count)];
        Parallel.For(0, results.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, () => new TileDrawing(tiles.Drawing, tiles), (part, _, state) =>
        {
            results[part] = begin();
            // Neighbours go to different parts, for what is drawn lies together.
            for (var tile = part; tile < tiles.Count; tile += results.Length)
            {
                work(tile, state, results[part]);
            }

            return state;
        }, _ => { });
        return results;
    }
}
