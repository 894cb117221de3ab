namespace Pagoda.Formats.Images;

public sealed partial class Picture
{
    /// <summary>The rectangle of <paramref name="width"/> x <paramref name="height"/> pixels whose top left corner is (<paramref name="x"/>, <paramref name="y"/>).</summary>
    /// <exception cref="PictureException">It does not lie inside the picture.</exception>
    public Picture Crop(int x, int y, int width, int height)
    {
        if (x < 0 || y < 0 || width < 1 || height < 1 || x > Width - width || y > Height - height)
        {
            throw new PictureException($"A crop of {width} x {height} pixels at ({x}, {y}) does not fit in a picture of {Width} x {Height}.");
        }

        if (width == Width && height == Height)
        {
            return this;
        }

        var row = width * Channels;
        var to = new byte[row * height];
        for (var line = 0; line < height; line++)
        {
            Pixels.AsSpan((((y + line) * Width) + x) * Channels, row).CopyTo(to.AsSpan(line * row));
        }

        return Like(width, height, to);
    }

    /// <summary>The picture turned upright from how a camera stored it; <paramref name="orientation"/> is EXIF tag 0x0112, 1 (already upright) to 8.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="orientation"/> is not in 1 to 8.</exception>
    public Picture Orient(int orientation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(orientation, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(orientation, 8);
        if (orientation == 1)
        {
            return this;
        }

        // Where the upright pixel (x, y) is stored: at start + x * right + y * down, counted in pixels.
        var (start, right, down) = orientation switch
        {
            2 => (Width - 1, -1, Width),
            3 => ((Width * Height) - 1, -1, -Width),
            4 => (Width * (Height - 1), 1, -Width),
            5 => (0, Width, 1),
            6 => (Width * (Height - 1), -Width, 1),
            7 => ((Width * Height) - 1, -Width, -1),
            _ => (Width - 1, Width, -1),
        };
        var (width, height) = orientation >= 5 ? (Height, Width) : (Width, Height);
        var to = new byte[Pixels.Length];
        var at = 0;
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var from = (start + (x * right) + (y * down)) * Channels;
                for (var c = 0; c < Channels; c++)
                {
                    to[at++] = Pixels[from + c];
                }
            }
        }

        return Like(width, height, to);
    }

    /// <summary>
    /// The picture at another size. Reducing averages over all pixels that fall together (no aliasing), transparency is
    /// weighted in, and the arithmetic is Pillow's to the last bit (<see cref="Resampler"/>). Palette, bilevel and keyed
    /// pictures become grey, RGB or RGBA first, unless <paramref name="filter"/> is <see cref="Resampling.Nearest"/>.
    /// </summary>
    /// <exception cref="PictureException">A side is below 1 or the result is larger than an array can be.</exception>
    public Picture Resize(int width, int height, Resampling filter = Resampling.Bicubic)
    {
        var source = this;
        if (filter != Resampling.Nearest)
        {
            source = Mode == PictureMode.Palette || TransparentColour is not null
                ? HasTransparency ? ToRgba() : ToRgb()
                : Mode == PictureMode.Bilevel ? new Picture(Width, Height, 1, Pixels) : this;
        }

        return Resampler.Resize(source, width, height, filter);
    }
}
