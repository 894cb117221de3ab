using System.Drawing;
using Pagoda.Formats.Images;

namespace Pagoda.Data;

/// <summary>
/// How a stored picture of any size becomes one of Size x Size pixels: a random crop of a share of its area, resized with
/// Pillow's bicubic filter (torchvision, <c>RandomResizedCrop</c>; open_clip trains with a share of 0.9 to 1), or the
/// largest square of the middle.
/// </summary>
public sealed record Crop
{
    /// <summary>Width and height of the result in pixels. Default 224.</summary>
    public int Size { get; init; } = 224;

    /// <summary>The share of the area that a random crop takes. Default 0.9 to 1.</summary>
    public (double Low, double High) Scale { get; init; } = (0.9, 1.0);

    /// <summary>Width over height of a random crop, before resizing. Default 3/4 to 4/3.</summary>
    public (double Low, double High) Ratio { get; init; } = (3.0 / 4, 4.0 / 3);

    /// <summary>Whether half of the pictures are mirrored. Default false: captions speak of left and right.</summary>
    public bool Flip { get; init; }

    /// <summary>Whether to take the largest square of the middle instead of a random crop. Default false.</summary>
    public bool Center { get; init; }

    /// <summary>Decodes a file, as small as the crop allows, and makes the square of it.</summary>
    /// <param name="file">A PNG, JPEG or WebP file.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="random">Draws the crop.</param>
    /// <param name="planes">Filled with [3, Size, Size] bytes.</param>
    /// <exception cref="PictureException">It cannot be decoded.</exception>
    internal void Apply(ReadOnlySpan<byte> file, string name, ref SampleRandom random, Span<byte> planes)
    {
        if (PictureFile.JpegSize(file) is not { } whole)
        {
            Apply(PictureFile.Decode(file, name), ref random, planes);
            return;
        }

        var (x, y, width, height) = Window(whole, ref random);
        PictureFile.DecodeJpegWindow(file, name, whole, new Rectangle(x, y, width, height), Size, Flip && random.Chance(0.5), planes);
    }

    internal void Apply(Picture picture, ref SampleRandom random, Span<byte> planes)
    {
        var rgb = picture.ToRgb();
        var (x, y, width, height) = Window((rgb.Width, rgb.Height), ref random);
        var cut = (x, y, width, height) == (0, 0, rgb.Width, rgb.Height) ? rgb : rgb.Crop(x, y, width, height);
        var pixels = (cut.Width, cut.Height) == (Size, Size) ? cut.Pixels : cut.Resize(Size, Size, Resampling.Bicubic).Pixels;
        var mirrored = Flip && random.Chance(0.5);
        for (var v = 0; v < Size; v++)
        {
            for (var u = 0; u < Size; u++)
            {
                var from = (v * Size + (mirrored ? Size - 1 - u : u)) * 3;
                for (var c = 0; c < 3; c++)
                {
                    planes[(c * Size + v) * Size + u] = pixels[from + c];
                }
            }
        }
    }

    private (int X, int Y, int Width, int Height) Window((int Width, int Height) picture, ref SampleRandom random) =>
        Center ? Square(picture) : Draw(picture, ref random);

    private static (int X, int Y, int Width, int Height) Square((int Width, int Height) picture)
    {
        var side = Math.Min(picture.Width, picture.Height);
        return ((picture.Width - side) / 2, (picture.Height - side) / 2, side, side);
    }

    private (int X, int Y, int Width, int Height) Draw((int Width, int Height) picture, ref SampleRandom random)
    {
        var area = (double)picture.Width * picture.Height;
        for (var attempt = 0; attempt < 10; attempt++)
        {
            var target = area * (Scale.Low + random.NextDouble() * (Scale.High - Scale.Low));
            var ratio = Math.Exp(Math.Log(Ratio.Low) + random.NextDouble() * Math.Log(Ratio.High / Ratio.Low));
            var width = (int)Math.Round(Math.Sqrt(target * ratio));
            var height = (int)Math.Round(Math.Sqrt(target / ratio));
            if (width > 0 && width <= picture.Width && height > 0 && height <= picture.Height)
            {
                return (random.Next(picture.Width - width + 1), random.Next(picture.Height - height + 1), width, height);
            }
        }

        // No crop of that size fits: the largest of an allowed shape in the middle, as torchvision does.
        var own = picture.Width / (double)picture.Height;
        var (w, h) = own < Ratio.Low ? (picture.Width, Math.Max(1, (int)Math.Round(picture.Width / Ratio.Low)))
            : own > Ratio.High ? (Math.Max(1, (int)Math.Round(picture.Height * Ratio.High)), picture.Height)
            : (picture.Width, picture.Height);
        (w, h) = (Math.Min(w, picture.Width), Math.Min(h, picture.Height));
        return ((picture.Width - w) / 2, (picture.Height - h) / 2, w, h);
    }
}
