using FsCheck;
using FsCheck.Fluent;
using Pagoda.Generation.Strokes;

namespace Pagoda.Tests.Generation.Strokes;

/// <summary>What is particular about a shape.</summary>
public enum SceneShape
{
    /// <summary>A path of up to three segments within 24 pixels, which as often as not crosses itself, somewhere on the canvas or over its edge.</summary>
    Plain,
    /// <summary>A line of 0.05 to 0.5 pixels.</summary>
    Hairline,
    /// <summary>All points are the same.</summary>
    Dot,
    /// <summary>Of opacity 0.</summary>
    Transparent,
    /// <summary>Wholly off the canvas.</summary>
    Off,
}

/// <summary>A drawing at random, as FsCheck makes them.</summary>
/// <param name="Width">Width of the canvas, which tiles need not fit.</param>
/// <param name="Height">Height of the canvas.</param>
/// <param name="Shapes">What is particular about its shapes, and which are areas.</param>
/// <param name="Seed">Where they are, how wide, and of what colour.</param>
public sealed record StrokeScene(int Width, int Height, IReadOnlyList<(SceneShape Shape, bool Area)> Shapes, int Seed)
{
    public static Gen<StrokeScene> Any { get; } =
        from width in Gen.Choose(1, 60)
        from height in Gen.Choose(20, 50)
        from count in Gen.Choose(2, 8)
        from shapes in Gen.Elements(Enum.GetValues<SceneShape>()).Zip(Gen.Elements(false, true)).ArrayOf(count)
        from seed in Gen.Choose(0, 1_000_000)
        select new StrokeScene(width, height, shapes, seed);

    public StrokeDrawing Draw()
    {
        var random = new Random(Seed);
        var (shapes, points, widths, colors) = (new List<StrokeShape>(), new List<float>(), new List<float>(), new List<float>());
        float Within(double least, double most) => (float)(least + (random.NextDouble() * (most - least)));
        foreach (var (kind, area) in Shapes)
        {
            var shape = new StrokeShape(area ? StrokeKind.Area : StrokeKind.Line, points.Count / 2, random.Next(1, 4));
            var spread = kind == SceneShape.Dot ? 0 : 12;
            var (x, y) = kind == SceneShape.Off ? (Within(Width + 20, Width + 40), Within(-80, -20)) : (Within(-6, Width + 6), Within(-6, Height + 6));
            for (var point = 0; point < shape.Points; point++)
            {
                points.AddRange([x + Within(-spread, spread), y + Within(-spread, spread)]);
            }

            shapes.Add(shape);
            widths.Add(kind == SceneShape.Hairline ? Within(0.05, 0.5) : Within(0.6, 8));
            colors.AddRange([Within(0, 1), Within(0, 1), Within(0, 1), kind == SceneShape.Transparent ? 0 : Within(0.1, 1)]);
        }

        return new StrokeDrawing(Width, Height, shapes) { Points = [.. points], Widths = [.. widths], Colors = [.. colors], Background = [Within(0, 1), Within(0, 1), Within(0, 1)] };
    }
}
