namespace Pagoda.Generation.Strokes;

/// <summary>
/// A vector drawing: shapes from back to front over an even background, with all that can be optimised in flat arrays.
/// </summary>
/// <param name="width">Width of the picture in pixels.</param>
/// <param name="height">Height of the picture in pixels.</param>
/// <param name="shapes">The shapes, the hindmost first.</param>
public sealed class StrokeDrawing(int width, int height, IReadOnlyList<StrokeShape> shapes)
{
    /// <summary>Width of the picture in pixels.</summary>
    public int Width { get; } = width;

    /// <summary>Height of the picture in pixels.</summary>
    public int Height { get; } = height;

    /// <summary>The shapes, the hindmost first.</summary>
    public IReadOnlyList<StrokeShape> Shapes { get; } = shapes;

    /// <summary>All points, x and y in turn, in pixels.</summary>
    public float[] Points { get; init; } = new float[2 * shapes.Sum(shape => shape.Points)];

    /// <summary>For each shape, the width of its line in pixels; areas do not use theirs.</summary>
    public float[] Widths { get; init; } = new float[shapes.Count];

    /// <summary>For each shape red, green, blue and opacity, each in [0, 1].</summary>
    public float[] Colors { get; init; } = new float[4 * shapes.Count];

    /// <summary>Red, green and blue of the background, each in [0, 1].</summary>
    public float[] Background { get; init; } = [1, 1, 1];

    /// <summary>The same once more, to be changed by itself.</summary>
    public StrokeDrawing Copy() => Without([]);

    /// <summary>A copy without some of the shapes.</summary>
    /// <param name="left">The places of the shapes that are left out.</param>
    public StrokeDrawing Without(IReadOnlyCollection<int> left)
    {
        var gone = left.ToHashSet();
        int[] kept = [.. Enumerable.Range(0, Shapes.Count).Where(i => !gone.Contains(i))];
        var (shapes, first) = (new List<StrokeShape>(), 0);
        foreach (var i in kept)
        {
            shapes.Add(Shapes[i] with { First = first });
            first += Shapes[i].Points;
        }

        return new StrokeDrawing(Width, Height, shapes)
        {
            Points = [.. kept.SelectMany(i => Points.Skip(2 * Shapes[i].First).Take(2 * Shapes[i].Points))],
            Widths = [.. kept.Select(i => Widths[i])],
            Colors = [.. kept.SelectMany(i => Colors.Skip(4 * i).Take(4))],
            Background = [.. Background],
        };
    }
}

/// <summary>The gradient of a number with respect to a drawing.</summary>
/// <param name="Points">As <see cref="StrokeDrawing.Points"/>.</param>
/// <param name="Widths">As <see cref="StrokeDrawing.Widths"/>.</param>
/// <param name="Colors">As <see cref="StrokeDrawing.Colors"/>.</param>
/// <param name="Background">As <see cref="StrokeDrawing.Background"/>.</param>
public sealed record StrokeGradient(float[] Points, float[] Widths, float[] Colors, float[] Background);
