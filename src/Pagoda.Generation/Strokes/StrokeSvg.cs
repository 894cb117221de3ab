using System.Globalization;
using System.Text;

namespace Pagoda.Generation.Strokes;

/// <summary>Writes drawings as SVG 1.1 that browsers, Inkscape and librsvg draw as <see cref="StrokeRenderer"/> does.</summary>
public static class StrokeSvg
{
    private const string Shape = "  <path ";

    /// <summary>The drawing as a file's text.</summary>
    /// <param name="drawing">The drawing.</param>
    /// <param name="title">What it shows, for readers and screen readers; null for nothing.</param>
    public static string Write(StrokeDrawing drawing, string? title = null)
    {
        var svg = new StringBuilder();
        Line($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{drawing.Width}\" height=\"{drawing.Height}\" viewBox=\"0 0 {drawing.Width} {drawing.Height}\">");
        if (title is not null)
        {
            Line($"  <title>{System.Security.SecurityElement.Escape(title)}</title>");
        }

        Line($"  <rect width=\"100%\" height=\"100%\" fill=\"{Color(drawing.Background)}\"/>");
        for (var i = 0; i < drawing.Shapes.Count; i++)
        {
            var shape = drawing.Shapes[i];
            var color = drawing.Colors.AsSpan(4 * i, 4);
            var paint = shape.Kind == StrokeKind.Line
                ? string.Create(CultureInfo.InvariantCulture, $"fill=\"none\" stroke=\"{Color(color)}\" stroke-opacity=\"{color[3]:0.####}\" stroke-width=\"{drawing.Widths[i]:0.####}\" stroke-linecap=\"round\" stroke-linejoin=\"round\"")
                : string.Create(CultureInfo.InvariantCulture, $"fill=\"{Color(color)}\" fill-opacity=\"{color[3]:0.####}\" fill-rule=\"nonzero\"");
            Line($"{Shape}d=\"{Path(drawing, shape)}\" {paint}/>");
        }

        Line($"</svg>");
        return svg.ToString();

        void Line(FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    /// <summary>The same drawing drawn stroke by stroke, as browsers show it; other programs show the finished one.</summary>
    /// <param name="svg">What <see cref="Write"/> gave.</param>
    /// <param name="seconds">How long the drawing takes, above 0.</param>
    public static string Animate(string svg, double seconds = 8)
    {
        var parts = svg.Split(Shape);
        var (each, animated) = (seconds / parts.Length, new StringBuilder(parts[0]));
        animated.Append(CultureInfo.InvariantCulture, $$"""
              <style>
                path { animation: draw {{Math.Max(0.4, each):0.###}}s both }
                @keyframes draw { from { opacity: 0; stroke-dasharray: 0 1 } 1% { opacity: 1 } to { stroke-dasharray: 1 0 } }
                @media (prefers-reduced-motion: reduce) { path { animation: none } }
              </style>

            """);
        for (var i = 1; i < parts.Length; i++)
        {
            animated.Append(CultureInfo.InvariantCulture, $"{Shape}pathLength=\"1\" style=\"animation-delay: {(i - 1) * each:0.###}s\" {parts[i]}");
        }

        return animated.ToString();
    }

    private static string Path(StrokeDrawing drawing, StrokeShape shape)
    {
        var path = new StringBuilder("M");
        Append(0);
        for (var segment = 0; segment < shape.Segments; segment++)
        {
            path.Append('C');
            for (var point = 1; point <= 3; point++)
            {
                Append((3 * segment) + point);
            }
        }

        return shape.Kind == StrokeKind.Area ? path.Append('Z').ToString() : path.ToString();

        void Append(int point)
        {
            var at = 2 * shape.At(point);
            path.Append(CultureInfo.InvariantCulture, $"{(char.IsLetter(path[^1]) ? "" : " ")}{drawing.Points[at]:0.###} {drawing.Points[at + 1]:0.###}");
        }
    }

    /// <summary>In hundredths of a percent, for whole steps of 255 are seen where many shapes lie over each other.</summary>
    private static string Color(ReadOnlySpan<float> color) =>
        string.Create(CultureInfo.InvariantCulture, $"rgb({100 * color[0]:0.##}%,{100 * color[1]:0.##}%,{100 * color[2]:0.##}%)");
}
