namespace Pagoda.Formats.Images;

/// <summary>
/// Resizing of each channel as floats: what Pillow does with pictures of mode F (Resample.c, 32 bits a channel). Sums are taken in
/// float64 and kept as float32 between the passes, rows first; nothing is rounded to whole numbers and nothing clamped.
/// </summary>
public static class FloatResampler
{
    /// <summary>Resizes a picture.</summary>
    /// <param name="picture">The picture; transparency is laid over white.</param>
    /// <param name="width">The width wanted, in pixels.</param>
    /// <param name="height">The height wanted, in pixels.</param>
    /// <param name="filter">The kernel, widened when reducing; any but <see cref="Resampling.Nearest"/>.</param>
    /// <returns>Planes <c>[3, height, width]</c>, in [0, 255] but for what the kernel overshoots.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A side is below 1, or the filter has no kernel.</exception>
    public static float[] Resize(Picture picture, int width, int height, Resampling filter)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        var rgb = picture.ToRgb();
        var values = new float[checked(3 * rgb.Width * rgb.Height)];
        for (var i = 0; i < rgb.Width * rgb.Height; i++)
        {
            for (var c = 0; c < 3; c++)
            {
                values[(c * rgb.Width * rgb.Height) + i] = rgb.Pixels[(3 * i) + c];
            }
        }

        var narrowed = rgb.Width == width ? values : Pass(values, 3 * rgb.Height, rgb.Width, width, 1, filter);
        return rgb.Height == height ? narrowed : Pass(narrowed, 3, rgb.Height, height, width, filter);
    }

    /// <summary>Resizes the middle axis of <c>[outer, inputs, inner]</c>.</summary>
    private static float[] Pass(float[] values, int outer, int inputs, int outputs, int inner, Resampling filter)
    {
        var result = new float[checked(outer * outputs * inner)];
        var kernel = new double[ResamplingWeights.MostTaps(inputs, outputs, filter)];
        var sums = new double[inner];
        for (var output = 0; output < outputs; output++)
        {
            var (start, taps) = ResamplingWeights.Fill(kernel, inputs, outputs, filter, output);
            for (var o = 0; o < outer; o++)
            {
                Array.Clear(sums);
                for (var t = 0; t < taps; t++)
                {
                    var row = values.AsSpan(((o * inputs) + start + t) * inner, inner);
                    for (var i = 0; i < inner; i++)
                    {
                        sums[i] += row[i] * kernel[t];
                    }
                }

                for (var i = 0; i < inner; i++)
                {
                    result[(((o * outputs) + output) * inner) + i] = (float)sums[i];
                }
            }
        }

        return result;
    }
}
