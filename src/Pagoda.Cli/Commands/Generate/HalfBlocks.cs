using System.Text;
using Pagoda.Formats.Images;

namespace Pagoda.Cli.Commands.Generate;

/// <summary>Pictures as text: each character shows two pixels, one above the other, in 24-bit colour.</summary>
internal static class HalfBlocks
{
    private const string Upper = "\u2580";

    /// <summary>Lines that show a picture, reduced to fit into so many columns and lines.</summary>
    public static string[] Render(Picture picture, int columns, int lines)
    {
        var scale = Math.Min(1, Math.Min((double)columns / picture.Width, 2.0 * lines / picture.Height));
        var (width, height) = (Math.Max(1, (int)(picture.Width * scale)), Math.Max(1, (int)(picture.Height * scale)));
        var pixels = picture.ToRgb().Resize(width, height, Resampling.Box).Pixels;
        var result = new string[(height + 1) / 2];
        var text = new StringBuilder();
        for (var line = 0; line < result.Length; line++)
        {
            text.Clear();
            for (var x = 0; x < width; x++)
            {
                text.Append("\e[38;2;").Append(Colour(x, 2 * line));
                if ((2 * line) + 1 < height)
                {
                    text.Append(";48;2;").Append(Colour(x, (2 * line) + 1));
                }

                text.Append('m').Append(Upper);
            }

            result[line] = text.Append("\e[0m").ToString();
        }

        return result;

        string Colour(int x, int y)
        {
            var at = 3 * ((y * width) + x);
            return $"{pixels[at]};{pixels[at + 1]};{pixels[at + 2]}";
        }
    }
}
