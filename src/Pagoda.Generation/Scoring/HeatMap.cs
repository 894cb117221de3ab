using Pagoda.Formats.Images;

namespace Pagoda.Generation.Scoring;

/// <summary>
/// Shows numbers a pixel as colours. The colours rise evenly in perceived lightness from near black over violet and orange to pale
/// yellow: a straight line in lightness and an arc in hue of Oklab (Ottosson 2020, "A perceptual color space for image processing").
/// </summary>
public static class HeatMap
{
    /// <summary>The share of pixels below the brightest colour: a few extreme pixels do not darken all others.</summary>
    private const double Robust = 0.99;

    private static readonly byte[] Colors = [.. Enumerable.Range(0, 256).SelectMany(i => Color(i / 255.0))];

    /// <summary>The numbers over their 99th percentile, cut to [0, 1]; all 0 where there is nothing above 0.</summary>
    /// <param name="heat">Numbers of 0 and more.</param>
    public static float[] Normalize(IReadOnlyList<float> heat)
    {
        var sorted = heat.Order().ToArray();
        var top = sorted[(int)Math.Min(sorted.Length - 1, Math.Ceiling(Robust * (sorted.Length - 1)))];
        return [.. heat.Select(value => top > 0 ? Math.Clamp(value / top, 0, 1) : 0)];
    }

    /// <summary>Numbers in [0, 1] as colours.</summary>
    /// <param name="normalized"><c>[side, side]</c>.</param>
    /// <param name="side">Pixels a side.</param>
    public static Picture Draw(IReadOnlyList<float> normalized, int side)
    {
        var pixels = new byte[3 * side * side];
        for (var i = 0; i < side * side; i++)
        {
            Colors.AsSpan(3 * (int)Math.Round(normalized[i] * 255), 3).CopyTo(pixels.AsSpan(3 * i));
        }

        return new Picture(side, side, 3, pixels);
    }

    /// <summary>The colours over a picture made grey, the more of them the more heat.</summary>
    /// <param name="picture">An RGB picture.</param>
    /// <param name="normalized">Numbers in [0, 1], one a pixel.</param>
    public static Picture Overlay(Picture picture, IReadOnlyList<float> normalized)
    {
        var heat = Draw(normalized, picture.Width);
        for (var i = 0; i < heat.Pixels.Length; i += 3)
        {
            // Luma of ITU-R BT.601; a quarter darker, so that pale colours stand out.
            var grey = 0.75 * ((0.299 * picture.Pixels[i]) + (0.587 * picture.Pixels[i + 1]) + (0.114 * picture.Pixels[i + 2]));
            var share = 0.15 + (0.75 * normalized[i / 3]);
            for (var c = 0; c < 3; c++)
            {
                heat.Pixels[i + c] = (byte)Math.Round((share * heat.Pixels[i + c]) + ((1 - share) * grey));
            }
        }

        return heat;
    }

    private static byte[] Color(double t)
    {
        var lightness = 0.12 + (0.83 * t);
        // From violet (300 degrees) through red to yellow (105), with most colour in the middle.
        var hue = (300 + (165 * t)) * Math.PI / 180;
        var chroma = 0.04 + (0.14 * Math.Sin(Math.PI * t));
        var (a, b) = (chroma * Math.Cos(hue), chroma * Math.Sin(hue));
        var l = Math.Pow(lightness + (0.3963377774 * a) + (0.2158037573 * b), 3);
        var m = Math.Pow(lightness - (0.1055613458 * a) - (0.0638541728 * b), 3);
        var s = Math.Pow(lightness - (0.0894841775 * a) - (1.2914855480 * b), 3);
        return
        [
            Encode((4.0767416621 * l) - (3.3077115913 * m) + (0.2309699292 * s)),
            Encode((-1.2684380046 * l) + (2.6097574011 * m) - (0.3413193965 * s)),
            Encode((-0.0041960863 * l) - (0.7034186147 * m) + (1.7076147010 * s)),
        ];
    }

    /// <summary>A linear channel as a byte of sRGB (IEC 61966-2-1).</summary>
    private static byte Encode(double linear)
    {
        var value = Math.Clamp(linear, 0, 1);
        return (byte)Math.Round(255 * (value <= 0.0031308 ? 12.92 * value : (1.055 * Math.Pow(value, 1 / 2.4)) - 0.055));
    }
}
