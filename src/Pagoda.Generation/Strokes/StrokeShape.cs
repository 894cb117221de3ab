namespace Pagoda.Generation.Strokes;

/// <summary>What a path is drawn as.</summary>
public enum StrokeKind
{
    /// <summary>A line along the path, with round caps and joins.</summary>
    Line,
    /// <summary>The area that the path encloses, by the non-zero rule; the path is closed by its own last point.</summary>
    Area,
}

/// <summary>One path of cubic Bézier segments. Points are in pixels, (0, 0) being the upper left corner of the upper left pixel.</summary>
/// <param name="Kind">What it is drawn as.</param>
/// <param name="First">The place of its first point among all points of the drawing.</param>
/// <param name="Segments">
/// Cubic segments: a line has 3·segments + 1 points; an area 3·segments, the first point being the end of the last segment.
/// </param>
public readonly record struct StrokeShape(StrokeKind Kind, int First, int Segments)
{
    /// <summary>Its points.</summary>
    public int Points => (3 * Segments) + (Kind == StrokeKind.Line ? 1 : 0);

    /// <summary>The place of a point among all points.</summary>
    /// <param name="point">From 0 to 3·segments, which for an area is point 0 again.</param>
    public int At(int point) => First + (Kind == StrokeKind.Area && point == 3 * Segments ? 0 : point);
}
