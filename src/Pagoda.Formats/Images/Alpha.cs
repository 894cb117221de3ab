namespace Pagoda.Formats.Images;

/// <summary>Colours multiplied by their alpha and divided by it again, with Pillow's rounding (libImaging/Convert.c).</summary>
internal static class Alpha
{
    /// <summary>A copy of pixels whose last channel is alpha, the others multiplied by it.</summary>
    public static byte[] Premultiply(byte[] pixels, int channels)
    {
        var to = new byte[pixels.Length];
        for (var i = 0; i < pixels.Length; i += channels)
        {
            int alpha = to[i + channels - 1] = pixels[i + channels - 1];
            for (var c = i; c < i + channels - 1; c++)
            {
                var product = (pixels[c] * alpha) + 128;
                to[c] = (byte)(((product >> 8) + product) >> 8);
            }
        }

        return to;
    }

    /// <summary>Undoes <see cref="Premultiply"/> in place, as far as 8 bits allow.</summary>
    public static void Divide(byte[] pixels, int channels)
    {
        for (var i = 0; i < pixels.Length; i += channels)
        {
            int alpha = pixels[i + channels - 1];
            if (alpha is 0 or 255)
            {
                continue;
            }

            for (var c = i; c < i + channels - 1; c++)
            {
                pixels[c] = (byte)Math.Min(255 * pixels[c] / alpha, 255);
            }
        }
    }
}
