using Pagoda.Formats.Images;

namespace Pagoda.Data.Scenes;

/// <summary>Many small pictures in one: a look at what a model is trained on, or at what it painted.</summary>
public static class ContactSheet
{
    /// <summary>Lays pictures out in rows on a grey ground, two pixels apart.</summary>
    /// <param name="pictures">Planar RGB in [0, 1], each [3, size, size], one after the other.</param>
    /// <param name="size">Width and height of each picture in pixels.</param>
    /// <param name="columns">Pictures a row; 0 makes the sheet about square.</param>
    /// <param name="zoom">Pixels of the sheet a pixel of the pictures.</param>
    /// <exception cref="ArgumentException">The floats are not a whole number of pictures.</exception>
    public static Picture Make(ReadOnlySpan<float> pictures, int size, int columns = 0, int zoom = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(zoom, 1);
        var area = size * size;
        var count = pictures.Length / (3 * area);
        if (count == 0 || pictures.Length != count * 3 * area)
        {
            throw new ArgumentException($"{pictures.Length} floats are not a whole number of pictures of 3 x {size} x {size}.", nameof(pictures));
        }

        const int Gap = 2;
        columns = columns > 0 ? columns : (int)Math.Ceiling(Math.Sqrt(count));
        var rows = (count + columns - 1) / columns;
        var cell = size * zoom + Gap;
        int width = columns * cell + Gap, height = rows * cell + Gap;
        var sheet = new byte[width * height * 3];
        sheet.AsSpan().Fill(128);
        for (var n = 0; n < count; n++)
        {
            var (row, column) = Math.DivRem(n, columns);
            for (var y = 0; y < size * zoom; y++)
            {
                for (var x = 0; x < size * zoom; x++)
                {
                    var from = n * 3 * area + y / zoom * size + x / zoom;
                    var to = ((Gap + row * cell + y) * width + Gap + column * cell + x) * 3;
                    for (var c = 0; c < 3; c++)
                    {
                        sheet[to + c] = (byte)Math.Clamp(pictures[from + c * area] * 255f + 0.5f, 0, 255);
                    }
                }
            }
        }

        return new Picture(width, height, 3, sheet);
    }
}
