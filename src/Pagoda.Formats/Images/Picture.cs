namespace Pagoda.Formats.Images;

/// <summary>A picture in memory: 8 bits a channel, rows from the top, channels interleaved.</summary>
public sealed partial class Picture
{
    /// <summary>A picture of 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA) channels around <paramref name="pixels"/>, which is not copied.</summary>
    /// <exception cref="PictureException">A side is below 1, or the number of channels or bytes does not fit.</exception>
    public Picture(int width, int height, int channels, byte[] pixels)
        : this(width, height, channels, (PictureMode)channels, pixels)
    {
        if (channels is < 1 or > 4)
        {
            throw new PictureException($"A picture has 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA) channels, not {channels}.");
        }
    }

    internal Picture(int width, int height, int channels, PictureMode mode, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        if (width < 1 || height < 1)
        {
            throw new PictureException($"A picture of {width} x {height} pixels is empty; both sides must be at least 1.");
        }

        if ((long)width * height * channels != pixels.Length)
        {
            throw new PictureException($"A picture of {width} x {height} pixels with {channels} channels takes {(long)width * height * channels} bytes, not {pixels.Length}.");
        }

        Width = width;
        Height = height;
        Channels = channels;
        Mode = mode;
        Pixels = pixels;
    }

    /// <summary>Pixels from left to right.</summary>
    public int Width { get; }

    /// <summary>Pixels from top to bottom.</summary>
    public int Height { get; }

    /// <summary>Bytes per pixel: 1 (grey, bilevel or palette), 2 (grey, alpha), 3 (RGB) or 4 (RGBA).</summary>
    public int Channels { get; }

    /// <summary>What the bytes mean; a decoded file keeps the mode that it was stored in.</summary>
    public PictureMode Mode { get; }

    /// <summary>The bytes, <c>[Height, Width, Channels]</c>.</summary>
    public byte[] Pixels { get; }

    /// <summary>For <see cref="PictureMode.Palette"/>: red, green, blue, alpha of each entry. Indexes beyond it are opaque black.</summary>
    public byte[]? Palette { get; internal init; }

    /// <summary>The one colour (a byte per channel) that is transparent in a grey or RGB picture, as a PNG's tRNS chunk declares it.</summary>
    public byte[]? TransparentColour { get; internal init; }

    /// <summary>Whether some pixel may be other than opaque.</summary>
    public bool HasTransparency =>
        Mode is PictureMode.GreyAlpha or PictureMode.Rgba || TransparentColour is not null || (Palette is not null && HasAlpha(Palette));

    /// <summary>A picture of indexes (one byte a pixel) into <paramref name="palette"/>: red, green, blue, alpha of 1 to 256 entries.</summary>
    /// <exception cref="PictureException">The number of indexes or of palette bytes does not fit.</exception>
    public static Picture FromPalette(int width, int height, byte[] indexes, byte[] palette)
    {
        ArgumentNullException.ThrowIfNull(palette);
        if (palette.Length is 0 or > 1024 || palette.Length % 4 != 0)
        {
            throw new PictureException($"A palette takes 4 bytes for each of 1 to 256 entries, not {palette.Length} bytes.");
        }

        return new Picture(width, height, 1, PictureMode.Palette, indexes) { Palette = palette };
    }

    /// <summary>The same picture as RGB: palettes looked up, grey spread out, transparency laid over a grey of <paramref name="background"/>.</summary>
    public Picture ToRgb(byte background = 255)
    {
        if (Mode == PictureMode.Rgb && TransparentColour is null)
        {
            return this;
        }

        var source = HasTransparency || Mode == PictureMode.Palette ? ToRgba() : this;
        var from = source.Pixels;
        var to = new byte[checked(Width * Height * 3)];
        if (source.Channels == 1)
        {
            for (int i = 0, o = 0; i < from.Length; i++, o += 3)
            {
                to[o] = to[o + 1] = to[o + 2] = from[i];
            }
        }
        else
        {
            for (int i = 0, o = 0; i < from.Length; i += 4, o += 3)
            {
                int alpha = from[i + 3];
                var under = (background * (255 - alpha)) + 127;
                to[o] = (byte)(((from[i] * alpha) + under) / 255);
                to[o + 1] = (byte)(((from[i + 1] * alpha) + under) / 255);
                to[o + 2] = (byte)(((from[i + 2] * alpha) + under) / 255);
            }
        }

        return new Picture(Width, Height, 3, to);
    }

    /// <summary>The same picture as RGBA: palettes looked up, grey spread out, a transparent colour turned into alpha 0.</summary>
    public Picture ToRgba()
    {
        if (Mode == PictureMode.Rgba)
        {
            return this;
        }

        var to = new byte[checked(Width * Height * 4)];
        for (int i = 0, o = 0; o < to.Length; i += Channels, o += 4)
        {
            var pixel = Pixels.AsSpan(i, Channels);
            var alpha = (byte)(TransparentColour is not null && pixel.SequenceEqual(TransparentColour) ? 0 : 255);
            (to[o], to[o + 1], to[o + 2], to[o + 3]) = Mode switch
            {
                PictureMode.Palette => Entry(pixel[0]),
                PictureMode.Rgb => (pixel[0], pixel[1], pixel[2], alpha),
                PictureMode.GreyAlpha => (pixel[0], pixel[0], pixel[0], pixel[1]),
                _ => (pixel[0], pixel[0], pixel[0], alpha),
            };
        }

        return new Picture(Width, Height, 4, to);
    }

    // The same mode, palette and transparent colour around other pixels.
    internal Picture Like(int width, int height, byte[] pixels) =>
        new(width, height, Channels, Mode, pixels) { Palette = Palette, TransparentColour = TransparentColour };

    private (byte Red, byte Green, byte Blue, byte Alpha) Entry(byte index)
    {
        var at = 4 * index;
        return at < Palette!.Length ? (Palette[at], Palette[at + 1], Palette[at + 2], Palette[at + 3]) : ((byte)0, (byte)0, (byte)0, (byte)255);
    }

    private static bool HasAlpha(byte[] palette)
    {
        for (var i = 3; i < palette.Length; i += 4)
        {
            if (palette[i] != 255)
            {
                return true;
            }
        }

        return false;
    }
}
