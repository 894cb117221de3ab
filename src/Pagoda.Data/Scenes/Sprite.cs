namespace Pagoda.Data.Scenes;

/// <summary>
/// An object cut out of its background: <see cref="Width"/> x <see cref="Height"/> pixels, row-major RGBA of 8 bits with
/// the colours multiplied by alpha, cropped to the object.
/// </summary>
public sealed class Sprite
{
    /// <summary>Makes a sprite of premultiplied RGBA pixels.</summary>
    /// <exception cref="ArgumentException">The pixels are not width x height x 4 bytes.</exception>
    public Sprite(int width, int height, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (pixels.Length != width * height * 4)
        {
            throw new ArgumentException($"A {width} x {height} sprite has {width * height * 4} bytes, not {pixels.Length}.", nameof(pixels));
        }

        (Width, Height, Pixels) = (width, height, pixels);
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>RGBA, 8 bits each, premultiplied, row-major.</summary>
    public byte[] Pixels { get; }
}
