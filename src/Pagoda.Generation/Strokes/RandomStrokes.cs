using Pagoda.Generation.Augment;
using Pagoda.Torch;

namespace Pagoda.Generation.Strokes;

/// <summary>The strokes that CLIPDraw begins with: short, anywhere, of any colour; or blobs of their size.</summary>
public static class RandomStrokes
{
    // Two segments alone enclose a sliver.
    private const int MoreForAreas = 2;

    // How much the background itself counts when strokes are placed over a picture.
    private const double Everywhere = 0.02;

    /// <summary>Draws them.</summary>
    /// <param name="options">How many, and of what kind.</param>
    /// <param name="size">Side of the picture in pixels.</param>
    /// <param name="generator">The randomness.</param>
    /// <param name="picture">Planes of a picture of that size, over which strokes are placed and whose colours they get; null for places and colours by chance.</param>
    public static StrokeDrawing Draw(StrokeOptions options, int size, Generator generator, float[]? picture)
    {
        var (shapes, points) = (new List<StrokeShape>(), new List<float>());
        var colors = RandomDraws.Uniform(4 * options.Count, generator);
        var background = StrokeOptions.ParseColor(options.Background == StrokeOptions.Free ? "#ffffff" : options.Background);
        var upTo = picture is null ? null : Shown(picture, background, size);
        foreach (var extra in RandomDraws.Integers(options.Count, options.LeastSegments, options.MostSegments + 1, generator))
        {
            var shape = new StrokeShape(options.Fill ? StrokeKind.Area : StrokeKind.Line, points.Count / 2, (int)extra + (options.Fill ? MoreForAreas : 0));
            var uniform = RandomDraws.Uniform(2 * shape.Points, generator);
            var (x, y) = upTo is null ? (uniform[0], uniform[1]) : Place(upTo, size, uniform[0]);
            var (firstX, firstY) = (x, y);
            for (var point = 0; point < shape.Points; point++)
            {
                if (options.Fill)
                {
                    // Around a middle, at distances that differ.
                    var (angle, distance) = (2 * MathF.PI * point / shape.Points, (float)options.Radius * (0.5f + (uniform[(2 * point) + 1] / 2)));
                    points.AddRange([(x + (distance * MathF.Cos(angle))) * size, (y + (distance * MathF.Sin(angle))) * size]);
                    continue;
                }

                // Each from the one before it, so that a stroke wanders.
                x += point == 0 ? 0 : (float)options.Radius * (uniform[2 * point] - 0.5f);
                y += point == 0 ? 0 : (float)options.Radius * (uniform[(2 * point) + 1] - 0.5f);
                points.AddRange([x * size, y * size]);
            }

            if (picture is not null)
            {
                var at = ((int)Math.Clamp(firstY * size, 0, size - 1) * size) + (int)Math.Clamp(firstX * size, 0, size - 1);
                for (var channel = 0; channel < 3; channel++)
                {
                    colors[(4 * shapes.Count) + channel] = picture[(channel * size * size) + at];
                }
            }

            shapes.Add(shape);
        }

        var widths = new float[shapes.Count];
        Array.Fill(widths, (float)options.Width * size / StrokeOptions.Canvas);
        return new StrokeDrawing(size, size, shapes)
        {
            Points = [.. points],
            Widths = widths,
            Colors = colors,
            Background = background,
        };
    }

    /// <summary>How much of a picture differs from the background up to each pixel.</summary>
    private static double[] Shown(float[] picture, float[] background, int size)
    {
        var upTo = new double[size * size];
        var sum = 0.0;
        for (var i = 0; i < upTo.Length; i++)
        {
            var most = 0f;
            for (var channel = 0; channel < 3; channel++)
            {
                most = Math.Max(most, Math.Abs(picture[(channel * size * size) + i] - background[channel]));
            }

            upTo[i] = sum += most + Everywhere;
        }

        return upTo;
    }

    /// <summary>A place by chance, likelier where there is more to see.</summary>
    private static (float X, float Y) Place(double[] upTo, int size, float uniform)
    {
        var wanted = uniform * upTo[^1];
        var at = Array.BinarySearch(upTo, wanted);
        at = Math.Min(at < 0 ? ~at : at, upTo.Length - 1);
        return (((at % size) + 0.5f) / size, ((at / size) + 0.5f) / size);
    }
}
