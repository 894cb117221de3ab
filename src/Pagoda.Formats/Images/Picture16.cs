namespace Pagoda.Formats.Images;

/// <summary>A picture of 16 bits a channel (depth maps, renderings), rows from the top, channels interleaved.</summary>
public sealed class Picture16
{
    /// <summary>A picture of 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA) channels around <paramref name="samples"/>, which is not copied.</summary>
    /// <exception cref="PictureException">A side is below 1, or the number of channels or samples does not fit.</exception>
    public Picture16(int width, int height, int channels, ushort[] samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (width < 1 || height < 1 || channels is < 1 or > 4 || (long)width * height * channels != samples.Length)
        {
            throw new PictureException($"A picture of {width} x {height} pixels with {channels} channels cannot be made of {samples.Length} samples.");
        }

        Width = width;
        Height = height;
        Channels = channels;
        Samples = samples;
    }

    /// <summary>Pixels from left to right.</summary>
    public int Width { get; }

    /// <summary>Pixels from top to bottom.</summary>
    public int Height { get; }

    /// <summary>Samples per pixel, 1 to 4.</summary>
    public int Channels { get; }

    /// <summary>The samples, <c>[Height, Width, Channels]</c>, 0 to 65535.</summary>
    public ushort[] Samples { get; }

    /// <summary>The picture at 8 bits, each sample rounded to the nearest.</summary>
    public Picture ToPicture()
    {
        var pixels = new byte[Samples.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)((Samples[i] + 128) / 257);
        }

        return new Picture(Width, Height, Channels, pixels);
    }
}
