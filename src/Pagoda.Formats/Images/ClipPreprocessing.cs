using System.Drawing;

namespace Pagoda.Formats.Images;

/// <summary>
/// What CLIP wants to see: the shorter side resized to <see cref="Size"/>, the centre cut out, RGB in [0, 1], normalised.
/// Equal to the transform of openai/CLIP (clip/clip.py: _transform) on torchvision 0.14 and Pillow 9.4 to 1e-6; like it, this
/// resizes in the picture's own mode (palette and bilevel by nearest neighbour) and drops alpha instead of compositing.
/// </summary>
/// <param name="Size">The side of the square that the model takes, in pixels.</param>
public sealed record ClipPreprocessing(int Size)
{
    /// <summary>What is subtracted from red, green and blue in [0, 1]; OpenAI's by default.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [0.48145466f, 0.4578275f, 0.40821073f];

    /// <summary>What the differences are divided by; OpenAI's by default.</summary>
    public IReadOnlyList<float> StandardDeviation { get; init; } = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>The resizing filter; bicubic by default.</summary>
    public Resampling Filter { get; init; } = Resampling.Bicubic;

    /// <summary>The planes <c>[3, Size, Size]</c> for <paramref name="picture"/>.</summary>
    /// <exception cref="PictureException"><see cref="Size"/> is below 1 or too large.</exception>
    public float[] Apply(Picture picture)
    {
        var rgb = Square(picture).Pixels;
        var plane = Size * Size;
        var planes = new float[3 * plane];
        for (var c = 0; c < 3; c++)
        {
            var table = new float[256];
            for (var value = 0; value < 256; value++)
            {
                table[value] = ((value / 255f) - Mean[c]) / StandardDeviation[c];
            }

            for (int i = 0, from = c; i < plane; i++, from += 3)
            {
                planes[(c * plane) + i] = table[rgb[from]];
            }
        }

        return planes;
    }

    /// <summary>The RGB picture of <see cref="Size"/> x <see cref="Size"/> pixels, before normalisation.</summary>
    /// <exception cref="PictureException">As for <see cref="Apply"/>.</exception>
    public Picture Square(Picture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        if (Size < 1)
        {
            throw new PictureException($"A model that looks at squares of {Size} pixels sees nothing; the size must be at least 1.");
        }

        var wide = picture.Width > picture.Height;
        var (shorter, longer) = wide ? (picture.Height, picture.Width) : (picture.Width, picture.Height);
        var length = (int)Math.Min((double)((long)Size * longer) / shorter, int.MaxValue);
        var (width, height) = wide ? (length, Size) : (Size, length);
        var filter = picture.Mode is PictureMode.Palette or PictureMode.Bilevel ? Resampling.Nearest : Filter;
        var left = (int)Math.Round((width - Size) / 2.0, MidpointRounding.ToEven);
        var top = (int)Math.Round((height - Size) / 2.0, MidpointRounding.ToEven);
        return DropAlpha(Resampler.Resize(picture, width, height, filter, new Rectangle(left, top, Size, Size)));
    }

    private static Picture DropAlpha(Picture picture)
    {
        var source = picture.Mode == PictureMode.Palette ? picture.ToRgba() : picture;
        if (source.Mode == PictureMode.Rgb)
        {
            return source;
        }

        var from = source.Pixels;
        var colours = source.Channels >= 3;
        var to = new byte[source.Width * source.Height * 3];
        for (int i = 0, o = 0; o < to.Length; i += source.Channels, o += 3)
        {
            to[o] = from[i];
            to[o + 1] = colours ? from[i + 1] : from[i];
            to[o + 2] = colours ? from[i + 2] : from[i];
        }

        return new Picture(source.Width, source.Height, 3, to);
    }
}
