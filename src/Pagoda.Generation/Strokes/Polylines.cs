namespace Pagoda.Generation.Strokes;

/// <summary>
/// The shapes of a drawing as polylines close to their curves. A vertex is a fixed mixture of four control points, so that gradients of
/// vertices are gradients of control points.
/// </summary>
internal sealed class Polylines
{
    // A chord is at most so far from its curve, in pixels; but no segment has more than so many, which is enough for a second difference
    // of 870 pixels.
    private const float Tolerance = 0.04f;
    private const int MostChords = 128;

    private readonly StrokeDrawing _drawing;
    private readonly int[] _firsts;
    private readonly int[] _chords;

    /// <param name="drawing">The drawing.</param>
    /// <param name="chords">Chords of every segment; as many as each needs where null.</param>
    public Polylines(StrokeDrawing drawing, int? chords = null)
    {
        _drawing = drawing;
        var segments = drawing.Shapes.Sum(shape => shape.Segments);
        _chords = new int[segments];
        _firsts = new int[drawing.Shapes.Count + 1];
        var segment = 0;
        for (var i = 0; i < drawing.Shapes.Count; i++)
        {
            var shape = drawing.Shapes[i];
            var vertices = 1;
            for (var s = 0; s < shape.Segments; s++)
            {
                vertices += _chords[segment++] = chords ?? ChordsOf(shape, s);
            }

            _firsts[i + 1] = _firsts[i] + vertices;
        }

        (X, Y) = (new float[_firsts[^1]], new float[_firsts[^1]]);
        Place();
    }

    /// <summary>Vertices' horizontal places, of all shapes one after the other.</summary>
    public float[] X { get; }

    /// <summary>Vertices' vertical places.</summary>
    public float[] Y { get; }

    /// <summary>The vertices of a shape; neighbours are joined by chords.</summary>
    public Range Of(int shape) => _firsts[shape].._firsts[shape + 1];

    /// <summary>Adds gradients of vertices to those of control points.</summary>
    /// <param name="x">Gradients of <see cref="X"/>.</param>
    /// <param name="y">Gradients of <see cref="Y"/>.</param>
    /// <param name="points">As <see cref="StrokeDrawing.Points"/>.</param>
    public void AddTo(float[] x, float[] y, float[] points) => Walk((shape, s, vertex, weights) =>
    {
        for (var k = 0; k < 4; k++)
        {
            var at = 2 * shape.At((3 * s) + k);
            points[at] += weights[k] * x[vertex];
            points[at + 1] += weights[k] * y[vertex];
        }
    });

    private void Place() => Walk((shape, s, vertex, weights) =>
    {
        var (x, y) = (0f, 0f);
        for (var k = 0; k < 4; k++)
        {
            var at = 2 * shape.At((3 * s) + k);
            x += weights[k] * _drawing.Points[at];
            y += weights[k] * _drawing.Points[at + 1];
        }

        (X[vertex], Y[vertex]) = (x, y);
    });

    private delegate void Visit(StrokeShape shape, int segment, int vertex, ReadOnlySpan<float> weights);

    /// <summary>Each vertex with the Bernstein weights of its segment's control points; the first of a segment is the last of the one before.</summary>
    private void Walk(Visit visit)
    {
        Span<float> weights = stackalloc float[4];
        var (vertex, all) = (0, 0);
        foreach (var shape in _drawing.Shapes)
        {
            for (var s = 0; s < shape.Segments; s++)
            {
                var chords = _chords[all++];
                for (var j = s == 0 ? 0 : 1; j <= chords; j++)
                {
                    var t = (float)j / chords;
                    var u = 1 - t;
                    (weights[0], weights[1], weights[2], weights[3]) = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t);
                    visit(shape, s, vertex++, weights);
                }
            }
        }
    }

    // The distance of a chord from a cubic is at most 3/4 of the largest second difference over the square of the number of chords.
    private int ChordsOf(StrokeShape shape, int segment)
    {
        var largest = 0f;
        for (var k = 0; k < 2; k++)
        {
            var (a, b, c) = (2 * shape.At((3 * segment) + k), 2 * shape.At((3 * segment) + k + 1), 2 * shape.At((3 * segment) + k + 2));
            var p = _drawing.Points;
            var (x, y) = (p[a] - (2 * p[b]) + p[c], p[a + 1] - (2 * p[b + 1]) + p[c + 1]);
            largest = Math.Max(largest, MathF.Sqrt((x * x) + (y * y)));
        }

        return float.IsFinite(largest) ? Math.Clamp((int)MathF.Ceiling(MathF.Sqrt(0.75f * largest / Tolerance)), 1, MostChords) : 1;
    }
}
