using Pagoda.Formats.Images;

namespace Pagoda.Cli.Commands.Generate;

/// <summary>Lays pictures of one size out in rows.</summary>
internal static class PictureGrid
{
    /// <summary>The pictures in as square a grid as their number allows, white where none is left.</summary>
    public static Picture Lay(IReadOnlyList<Picture> pictures)
    {
        var columns = (int)Math.Ceiling(Math.Sqrt(pictures.Count));
        var rows = (pictures.Count + columns - 1) / columns;
        var (width, height) = (pictures[0].Width, pictures[0].Height);
        var pixels = new byte[columns * width * rows * height * 3];
        Array.Fill(pixels, (byte)255);
        for (var i = 0; i < pictures.Count; i++)
        {
            var source = pictures[i].ToRgb().Pixels;
            for (var y = 0; y < height; y++)
            {
                var to = (((i / columns * height) + y) * columns * width) + (i % columns * width);
                source.AsSpan(y * width * 3, width * 3).CopyTo(pixels.AsSpan(to * 3));
            }
        }

        return new Picture(columns * width, rows * height, 3, pixels);
    }
}
