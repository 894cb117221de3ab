using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Pagoda.Generation.Strokes;

/// <summary>How much of each pixel of a tile a shape covers, and what a change of that means for its vertices.</summary>
internal static class Coverage
{
    /// <summary>Side of a tile in pixels.</summary>
    public const int Side = 16;

    /// <summary>Pixels of a tile.</summary>
    public const int Area = Side * Side;

    // The middles of eight pixels, and their right edges.
    private static readonly Vector256<float> s_middle = Vector256.Create(0.5f, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f, 6.5f, 7.5f);
    private static readonly Vector256<float> s_right = Vector256.Create(1f, 2, 3, 4, 5, 6, 7, 8);

    /// <summary>
    /// Coverage by a line with round caps and joins: of the pixel's extent across the line, the part within half the width of its
    /// nearest chord. Exact where the line is straight and runs along the grid.
    /// </summary>
    /// <param name="x">Vertices.</param>
    /// <param name="y">Vertices.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="left">The tile's left edge.</param>
    /// <param name="top">The tile's upper edge.</param>
    /// <param name="cover">Written to: a number from 0 to 1 for each pixel.</param>
    /// <param name="nearest">Written to: the chord that is nearest to each pixel, -1 where none is near enough.</param>
    /// <returns>Whether anything is covered.</returns>
    public static bool OfLine(ReadOnlySpan<float> x, ReadOnlySpan<float> y, float width, int left, int top, Span<float> cover, Span<int> nearest)
    {
        var reach = (width / 2) + 0.5f;
        nearest.Fill(-1);
        Span<float> least = stackalloc float[Area];
        least.Fill(reach * reach);
        var any = false;
        for (var chord = 0; chord < x.Length - 1; chord++)
        {
            var (ax, ay, bx, by) = (x[chord], y[chord], x[chord + 1], y[chord + 1]);
            // Rows and columns of the tile that the chord reaches; pixels' middles are at halves.
            var firstRow = Math.Max(0, (int)MathF.Ceiling(MathF.Min(ay, by) - reach - top - 0.5f));
            var lastRow = Math.Min(Side - 1, (int)MathF.Floor(MathF.Max(ay, by) + reach - top - 0.5f));
            var firstColumn = MathF.Min(ax, bx) - reach - left - 0.5f;
            var lastColumn = MathF.Max(ax, bx) + reach - left - 0.5f;
            if (firstRow > lastRow || lastColumn < 0 || firstColumn > Side - 1)
            {
                continue;
            }

            any |= Near(ax, ay, bx, by, chord, left, top, firstRow, lastRow, Math.Max(0, (int)firstColumn), Math.Min(Side - 1, (int)lastColumn + 1), least, nearest);
        }

        if (!any)
        {
            return false;
        }

        var (middle, half) = (Vector256.Create(0.5f), Vector256.Create(width / 2));
        var covers = MemoryMarshal.Cast<float, Vector256<float>>(cover);
        for (var i = 0; i < covers.Length; i++)
        {
            // The pixel spans distance ± 1/2, the line 0 ± half; where nothing is near, the distance is the reach and they do not meet.
            var distance = Vector256.Sqrt(Vector256.LoadUnsafe(ref least[8 * i]));
            var both = Vector256.Min(distance + middle, half) - Vector256.Max(distance - middle, -half);
            covers[i] = Vector256.ConditionalSelect(Vector256.LessThan(Vector256.LoadUnsafe(ref nearest[8 * i]), Vector256<int>.Zero).AsSingle(), Vector256<float>.Zero, Kept(both));
        }

        return true;
    }

    /// <summary>Adds the gradient of a line's vertices and width.</summary>
    /// <returns>The gradient of the width.</returns>
    public static float BackOfLine(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, float width, int left, int top, ReadOnlySpan<int> nearest, ReadOnlySpan<float> gradient, Span<float> gx, Span<float> gy)
    {
        var ofWidth = 0f;
        for (var i = 0; i < Area; i++)
        {
            var chord = nearest[i];
            if (chord < 0 || gradient[i] == 0)
            {
                continue;
            }

            var (px, py) = (left + (i % Side) + 0.5f, top + (i / Side) + 0.5f);
            var (ax, ay) = (x[chord], y[chord]);
            var (dx, dy) = (x[chord + 1] - ax, y[chord + 1] - ay);
            var length = (dx * dx) + (dy * dy);
            var t = length > 0 ? Math.Clamp((((px - ax) * dx) + ((py - ay) * dy)) / length, 0, 1) : 0;
            var (nx, ny) = (px - ax - (t * dx), py - ay - (t * dy));
            var distance = MathF.Sqrt((nx * nx) + (ny * ny));
            var (byDistance, byHalf) = Slopes(distance, width / 2);
            ofWidth += gradient[i] * byHalf / 2;
            if (distance > 0 && byDistance != 0)
            {
                // The nearest point slides along the chord without changing the distance, so that only the normal counts.
                var by = gradient[i] * byDistance / distance;
                gx[chord] -= by * nx * (1 - t);
                gy[chord] -= by * ny * (1 - t);
                gx[chord + 1] -= by * nx * t;
                gy[chord + 1] -= by * ny * t;
            }
        }

        return ofWidth;
    }

    /// <summary>
    /// Coverage by an area: the exact area of each pixel within it, counted by winding number and at most 1. Where an area overlaps
    /// itself in opposite senses there is a hole, as the non-zero rule has it.
    /// </summary>
    /// <param name="x">Vertices; the last is the first.</param>
    /// <param name="y">Vertices.</param>
    /// <param name="left">The tile's left edge.</param>
    /// <param name="top">The tile's upper edge.</param>
    /// <param name="wound">Written to: for each pixel its area times the winding number.</param>
    /// <param name="cover">Written to: a number from 0 to 1 for each pixel.</param>
    /// <returns>Whether anything is covered.</returns>
    public static bool OfArea(ReadOnlySpan<float> x, ReadOnlySpan<float> y, int left, int top, Span<float> wound, Span<float> cover)
    {
        wound.Clear();
        for (var chord = 0; chord < x.Length - 1; chord++)
        {
            Wind(x[chord] - left, y[chord] - top, x[chord + 1] - left, y[chord + 1] - top, wound);
        }

        var any = false;
        for (var i = 0; i < Area; i++)
        {
            cover[i] = Math.Min(1, Math.Abs(wound[i]));
            any |= cover[i] > 0;
        }

        return any;
    }

    /// <summary>Adds the gradient of an area's vertices: an edge that moves sweeps over the pixels that it runs through, and no others.</summary>
    public static void BackOfArea(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, int left, int top, ReadOnlySpan<float> wound, ReadOnlySpan<float> gradient, Span<float> gx, Span<float> gy)
    {
        for (var chord = 0; chord < x.Length - 1; chord++)
        {
            var (ax, ay) = (x[chord] - left, y[chord] - top);
            var (dx, dy) = (x[chord + 1] - left - ax, y[chord + 1] - top - ay);
            var (firstRow, lastRow) = Cells(ay, dy);
            for (var row = firstRow; row <= lastRow; row++)
            {
                if (!Within(ay, dy, row, row + 1, 0, 1, out var from, out var to))
                {
                    continue;
                }

                var (one, other) = (ax + (from * dx), ax + (to * dx));
                var (firstColumn, lastColumn) = Cells(Math.Min(one, other), Math.Abs(other - one));
                for (var column = firstColumn; column <= lastColumn; column++)
                {
                    var i = (row * Side) + column;
                    if (gradient[i] == 0 || Math.Abs(wound[i]) >= 1 || !Within(ax, dx, column, column + 1, from, to, out var begin, out var end))
                    {
                        continue;
                    }

                    // The point at t moves with its ends in shares 1 - t and t.
                    var ofEnd = ((end * end) - (begin * begin)) / 2;
                    var ofBegin = end - begin - ofEnd;
                    var by = wound[i] < 0 ? -gradient[i] : gradient[i];
                    gx[chord] -= by * dy * ofBegin;
                    gy[chord] += by * dx * ofBegin;
                    gx[chord + 1] -= by * dy * ofEnd;
                    gy[chord + 1] += by * dx * ofEnd;
                }
            }
        }
    }

    /// <summary>Adds what lies to the right of an edge, in the sense of the edge's direction; coordinates are the tile's.</summary>
    private static void Wind(float ax, float ay, float bx, float by, Span<float> wound)
    {
        var (dx, dy) = (bx - ax, by - ay);
        if (dy == 0 || Math.Min(ax, bx) >= Side)
        {
            return;
        }

        var (firstRow, lastRow) = Cells(Math.Min(ay, by), Math.Abs(dy));
        for (var row = firstRow; row <= lastRow; row++)
        {
            if (Within(ay, dy, row, row + 1, 0, 1, out var from, out var to))
            {
                // A pixel's share to the right of a point at x is column + 1 - x, from 0 to 1; its mean over the part of the edge in this row.
                AddShares(ax + (from * dx), ax + (to * dx), (to - from) * dy, wound.Slice(row * Side, Side));
            }
        }
    }

    private static void AddShares(float one, float other, float height, Span<float> row)
    {
        var rows = MemoryMarshal.Cast<float, Vector256<float>>(row);
        for (var half = 0; half < 2; half++)
        {
            var right = s_right + Vector256.Create(8f * half);
            var (z, last) = (right - Vector256.Create(one), right - Vector256.Create(other));
            var (keptZ, keptLast) = (Kept(z), Kept(last));
            // The mean of what is kept between both is the difference of its integral, kept²/2 and all that is above 1, over theirs. Written
            // as products of differences of the same numbers: a difference of integrals loses its digits where an edge is nearly upright.
            var above = Vector256.Max(last, Vector256<float>.One) - Vector256.Max(z, Vector256<float>.One);
            var mean = (((keptLast - keptZ) * (keptLast + keptZ) * 0.5f) + above) / (last - z);
            rows[half] += Vector256.ConditionalSelect(Vector256.Equals(z, last), keptZ, mean) * Vector256.Create(height);
        }
    }

    /// <summary>Numbers kept within 0 and 1.</summary>
    private static Vector256<float> Kept(Vector256<float> z) => Vector256.Min(Vector256.Max(z, Vector256<float>.Zero), Vector256<float>.One);

    /// <summary>The rows (or columns) of the tile that a stretch from <paramref name="start"/> on runs through, in either direction.</summary>
    private static (int First, int Last) Cells(float start, float length)
    {
        var (low, high) = length < 0 ? (start + length, start) : (start, start + length);
        return ((int)Math.Clamp(MathF.Floor(low), 0, Side), (int)Math.Clamp(MathF.Floor(high), -1, Side - 1));
    }

    /// <summary>The part of [begin, end] of a line's parameter where it lies between two values.</summary>
    private static bool Within(float start, float slope, float low, float high, float begin, float end, out float from, out float to)
    {
        (from, to) = (begin, end);
        if (slope == 0)
        {
            return start >= low && start < high && end > begin;
        }

        var (one, other) = ((low - start) / slope, (high - start) / slope);
        from = Math.Max(begin, Math.Min(one, other));
        to = Math.Min(end, Math.Max(one, other));
        return to > from;
    }

    private static bool Near(
        float ax, float ay, float bx, float by, int chord, int left, int top, int firstRow, int lastRow, int firstColumn, int lastColumn, Span<float> least, Span<int> nearest)
    {
        var (dx, dy) = (bx - ax, by - ay);
        var length = (dx * dx) + (dy * dy);
        var inverse = length > 0 ? 1 / length : 0;
        var distances = MemoryMarshal.Cast<float, Vector256<float>>(least);
        var chords = MemoryMarshal.Cast<int, Vector256<int>>(nearest);
        var any = Vector256<int>.Zero;
        for (var row = firstRow; row <= lastRow; row++)
        {
            var y = top + row + 0.5f - ay;
            for (var part = firstColumn / 8; part <= lastColumn / 8; part++)
            {
                var x = s_middle + Vector256.Create(left + (8f * part) - ax);
                var t = Kept(((x * dx) + Vector256.Create(y * dy)) * inverse);
                var (nx, ny) = (x - (t * dx), Vector256.Create(y) - (t * dy));
                var squared = (nx * nx) + (ny * ny);
                var at = (2 * row) + part;
                var nearer = Vector256.LessThan(squared, distances[at]);
                distances[at] = Vector256.ConditionalSelect(nearer, squared, distances[at]);
                chords[at] = Vector256.ConditionalSelect(nearer.AsInt32(), Vector256.Create(chord), chords[at]);
                any |= nearer.AsInt32();
            }
        }

        return any != Vector256<int>.Zero;
    }

    /// <summary>What a line's coverage of a pixel gains by its distance, and by half its width: each end of what they share belongs to the pixel or to the line.</summary>
    private static (int ByDistance, int ByHalf) Slopes(float distance, float half)
    {
        if (distance - 0.5f >= half || half <= 0)
        {
            return (0, 0);
        }

        var (upper, lower) = (distance + 0.5f < half ? 1 : 0, distance - 0.5f > -half ? 1 : 0);
        return (upper - lower, 2 - upper - lower);
    }
}
