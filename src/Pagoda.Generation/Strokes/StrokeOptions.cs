using System.Globalization;

namespace Pagoda.Generation.Strokes;

/// <summary>What a drawing is made of and how it learns. The defaults suit drawings that begin over a picture, a bank's or a given one.</summary>
public sealed record StrokeOptions
{
    /// <summary>The side of a canvas, in pixels, for which lengths and their step sizes are meant; other canvases scale them.</summary>
    public const int Canvas = 224;

    /// <summary>A <see cref="Background"/> that is optimised along with the strokes.</summary>
    public const string Free = "free";

    /// <summary>CLIPDraw's own numbers, for thin lines that begin anywhere (Frans et al. 2021, arXiv 2106.14843; royg27/CLIPAG: CLIPAG+CLIPDraw.ipynb).</summary>
    public static StrokeOptions ClipDraw { get; } = new() { Width = 1, PointRate = 1, Fading = 0, Prune = 0 };

    /// <summary>How many strokes.</summary>
    public int Count { get; init; } = 256;

    /// <summary>Whether they are areas in place of lines.</summary>
    public bool Fill { get; init; }

    /// <summary>Fewest cubic segments of a line; an area has two more.</summary>
    public int LeastSegments { get; init; } = 1;

    /// <summary>Most cubic segments of a line; an area has two more.</summary>
    public int MostSegments { get; init; } = 3;

    /// <summary>
    /// As a fraction of the canvas' side, the square around each point of a line in which the next one begins, or the largest radius of an area.
    /// </summary>
    public double Radius { get; init; } = 0.1;

    /// <summary>Width of a line at the start, in pixels of a canvas of <see cref="Canvas"/>.</summary>
    public double Width { get; init; } = 4;

    /// <summary>The least width of a line.</summary>
    public double LeastWidth { get; init; } = 1;

    /// <summary>The greatest width of a line.</summary>
    public double MostWidth { get; init; } = 50;

    /// <summary>Colours that strokes may have, as #rrggbb; all where empty.</summary>
    public IReadOnlyList<string> Palette { get; init; } = [];

    /// <summary>What is behind the strokes, as #rrggbb, or <see cref="Free"/>.</summary>
    public string Background { get; init; } = "#ffffff";

    /// <summary>Adam's step size for points, in pixels of a canvas of <see cref="Canvas"/>; 0.4 of it from half of the steps on, 0.1 from three quarters on.</summary>
    public double PointRate { get; init; } = 0.3;

    /// <summary>Adam's step size for widths.</summary>
    public double WidthRate { get; init; } = 0.1;

    /// <summary>Adam's step size for colours and opacity.</summary>
    public double ColorRate { get; init; } = 0.01;

    /// <summary>By how much each step lessens the opacity of strokes, so that those go for which nothing speaks.</summary>
    public double Fading { get; init; } = 0.003;

    /// <summary>
    /// In the end, strokes that matter least are left out as long as the picture changes by no more than this, in the mean of all pixels; 0
    /// leaves out what cannot be seen at all.
    /// </summary>
    public double Prune { get; init; } = 0.002;

    /// <summary>Equal where all numbers and colours are.</summary>
    public bool Equals(StrokeOptions? other) => other is not null && (this with { Palette = [] }).ToString() == (other with { Palette = [] }).ToString() && Palette.SequenceEqual(other.Palette);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Count, Fill, Background, Palette.Count);

    /// <summary>Refuses what cannot be drawn.</summary>
    /// <exception cref="GenerationException">Something is out of its range, or no colour.</exception>
    public void Check()
    {
        Require(Count is >= 1 and <= 100_000, "number of strokes", Count, "1 to 100000");
        Require(LeastSegments is >= 1 and <= 100, "least number of segments", LeastSegments, "1 to 100");
        Require(MostSegments >= LeastSegments && MostSegments <= 100, "largest number of segments", MostSegments, "the least to 100");
        Require(Radius is > 0 and <= 2, "radius", Radius, "above 0, to 2");
        Require(LeastWidth is > 0 and <= 1000, "least width", LeastWidth, "above 0, to 1000");
        Require(MostWidth >= LeastWidth && MostWidth <= 1000, "greatest width", MostWidth, "the least to 1000");
        Require(Width >= LeastWidth && Width <= MostWidth, "width", Width, "the least to the greatest width");
        Require(PointRate is >= 0 and <= 1000, "step size of points", PointRate, "0 to 1000");
        Require(WidthRate is >= 0 and <= 1000, "step size of widths", WidthRate, "0 to 1000");
        Require(ColorRate is >= 0 and <= 1, "step size of colours", ColorRate, "0 to 1");
        Require(Fading is >= 0 and <= 1, "fading", Fading, "0 to 1");
        Require(Prune is >= 0 and <= 1, "change by pruning", Prune, "0 to 1");
        foreach (var color in Palette.Append(Background == Free ? "#ffffff" : Background))
        {
            ParseColor(color);
        }

        static void Require(bool holds, string what, double value, string range)
        {
            if (!holds)
            {
                throw new GenerationException(string.Create(CultureInfo.InvariantCulture, $"Strokes: the {what} is {value}; it has to be {range}."));
            }
        }
    }

    /// <summary>A colour of the form #rrggbb (the # may be missing) as red, green and blue in [0, 1].</summary>
    /// <exception cref="GenerationException">It is none.</exception>
    public static float[] ParseColor(string text)
    {
        var digits = text.AsSpan().TrimStart('#');
        return digits.Length == 6 && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? [(value >> 16) / 255f, ((value >> 8) & 255) / 255f, (value & 255) / 255f]
            : throw new GenerationException($"\"{text}\" is no colour; write #rrggbb, as #ff8800 for orange.");
    }
}
