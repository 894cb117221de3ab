namespace Pagoda.Generation.Strokes;

/// <summary>A gradient as threads gather it: with respect to vertices of polylines in place of control points.</summary>
internal sealed class TileGradient(StrokeDrawing drawing, Polylines lines)
{
    public float[] X { get; } = new float[lines.X.Length];

    public float[] Y { get; } = new float[lines.Y.Length];

    public float[] Widths { get; } = new float[drawing.Widths.Length];

    public float[] Colors { get; } = new float[drawing.Colors.Length];

    public float[] Background { get; } = new float[3];

    public void Add(TileGradient other)
    {
        foreach (var (mine, others) in new[] { (X, other.X), (Y, other.Y), (Widths, other.Widths), (Colors, other.Colors), (Background, other.Background) })
        {
            for (var i = 0; i < mine.Length; i++)
            {
                mine[i] += others[i];
            }
        }
    }
}
