using System.Drawing;

namespace Pagoda.Formats.Images;

public static partial class PictureFile
{
    /// <summary>
    /// Decodes a JPEG and resizes a window of it (bicubic, <see cref="Resampling.Bicubic"/>) to a square, in one go and with as
    /// little work as the window allows: the picture is decoded at an eighth, a quarter or half of its size where the window is
    /// still no smaller than the square. (The eighths between these are slower than the whole: libjpeg-turbo has vector code
    /// for powers of two only.)
    /// </summary>
    /// <param name="data">The file.</param>
    /// <param name="name">What error messages call it.</param>
    /// <param name="whole">What <see cref="JpegSize"/> said of it.</param>
    /// <param name="window">In pixels of the upright picture at full size.</param>
    /// <param name="size">Width and height of the square.</param>
    /// <param name="mirrored">Whether left and right change sides.</param>
    /// <param name="planes">Filled with RGB, [3, size, size].</param>
    /// <exception cref="PictureException">The file is damaged, truncated or too large.</exception>
    /// <exception cref="ArgumentException">The window is not inside the picture, or the planes have another size.</exception>
    public static void DecodeJpegWindow(
        ReadOnlySpan<byte> data, string name, (int Width, int Height) whole, Rectangle window, int size, bool mirrored, Span<byte> planes)
    {
        if (window.Width < 1 || window.Height < 1 || !new Rectangle(0, 0, whole.Width, whole.Height).Contains(window) || planes.Length != 3 * size * size)
        {
            throw new ArgumentException("The window or the planes do not fit.");
        }

        var shorter = Math.Min(whole.Width, whole.Height);
        var eighths = new[] { 1, 2, 4 }.FirstOrDefault(part => (long)Math.Min(window.Width, window.Height) * part / 8 >= size, 8);
        var limits = DecodeLimits.Default with { MinimumSize = eighths == 8 ? 0 : (int)((((long)shorter * eighths) + 7) / 8) };
        var upright = ExifOrientation.Find(data, PictureFormat.Jpeg) == 1;
        if (upright && RgbResampler.IsSupported && PictureDecoder.TryDecodeWindow(data, name, limits, decoded => Scaled(window, whole, decoded), size, mirrored, planes))
        {
            return;
        }

        var picture = Decode(data, name, limits).ToRgb();
        var (x, y, width, height) = Scaled(window, whole, (picture.Width, picture.Height)) is var at ? (at.X, at.Y, at.Width, at.Height) : default;
        var square = picture.Crop(x, y, width, height).Resize(size, size);
        for (var i = 0; i < size * size; i++)
        {
            var to = mirrored ? i - (2 * (i % size)) + size - 1 : i;
            for (var c = 0; c < 3; c++)
            {
                planes[(c * size * size) + to] = square.Pixels[(3 * i) + c];
            }
        }
    }

    /// <summary>The window in a picture decoded at another size; at least a pixel, and inside.</summary>
    private static Rectangle Scaled(Rectangle window, (int Width, int Height) whole, (int Width, int Height) decoded)
    {
        var (x, width) = Along(window.X, window.Width, whole.Width, decoded.Width);
        var (y, height) = Along(window.Y, window.Height, whole.Height, decoded.Height);
        return new Rectangle(x, y, width, height);

        static (int, int) Along(int start, int length, int before, int now)
        {
            var first = (int)Math.Min(((2L * start * now) + before) / (2L * before), now - 1);
            var end = (int)((2L * (start + length) * now + before) / (2L * before));
            return (first, Math.Max(1, Math.Min(end, now) - first));
        }
    }
}
