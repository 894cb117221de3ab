namespace Pagoda.Formats.Images;

public sealed partial class Picture
{
    /// <summary>A picture from planes <c>[C, height, width]</c> of 1, 3 or 4 channels in [0, 1]; values outside (and NaN) are clamped, then rounded to 8 bits.</summary>
    /// <exception cref="PictureException">The number of values is not 1, 3 or 4 times <paramref name="width"/> x <paramref name="height"/>.</exception>
    public static Picture FromPlanes(ReadOnlySpan<float> planes, int width, int height)
    {
        var plane = checked(width * height);
        var channels = plane > 0 ? planes.Length / plane : 0;
        if (channels is not (1 or 3 or 4) || channels * plane != planes.Length)
        {
            throw new PictureException($"Planes of {width} x {height} pixels hold 1, 3 or 4 times {plane} values, not {planes.Length}.");
        }

        var pixels = new byte[planes.Length];
        for (var c = 0; c < channels; c++)
        {
            var values = planes.Slice(c * plane, plane);
            for (var i = 0; i < plane; i++)
            {
                pixels[(i * channels) + c] = values[i] > 0 ? (byte)((Math.Min(values[i], 1) * 255) + 0.5f) : (byte)0;
            }
        }

        return new Picture(width, height, channels, pixels);
    }

    /// <summary>The picture as RGB planes <c>[3, Height, Width]</c> in [0, 1], transparency over <paramref name="background"/>.</summary>
    public float[] ToPlanes(byte background = 255)
    {
        var rgb = ToRgb(background).Pixels;
        var plane = Width * Height;
        var planes = new float[rgb.Length];
        for (var i = 0; i < plane; i++)
        {
            planes[i] = rgb[3 * i] / 255f;
            planes[plane + i] = rgb[(3 * i) + 1] / 255f;
            planes[(2 * plane) + i] = rgb[(3 * i) + 2] / 255f;
        }

        return planes;
    }
}
