namespace Pagoda.Data.Resizing;

/// <summary>Separable resampling with a triangle filter that widens when reducing, so that nothing aliases.</summary>
internal static class AreaResize
{
    /// <summary>
    /// Fills <paramref name="first"/> and <paramref name="weights"/>: output i is the sum over k of weights[i * TapCount + k]
    /// times source sample first[i] + k. The weights sum to 1, less what lies outside the source when <paramref name="fade"/>.
    /// </summary>
    /// <param name="inSize">Source samples.</param>
    /// <param name="origin">Source position of the left edge of output 0, in source samples.</param>
    /// <param name="step">Source samples per output sample.</param>
    /// <param name="first">The first tap of each output.</param>
    /// <param name="weights">The taps' weights, [outputs, TapCount(step)].</param>
    /// <param name="fade">Whether what lies outside the source counts as zero instead of being left out.</param>
    public static void Weigh(int inSize, float origin, float step, Span<int> first, Span<float> weights, bool fade)
    {
        var support = MathF.Max(1, step);
        var count = TapCount(step);
        for (var i = 0; i < first.Length; i++)
        {
            var centre = origin + (i + 0.5f) * step - 0.5f;
            var begin = (int)MathF.Ceiling(centre - support);
            var own = weights.Slice(i * count, count);
            float total = 0, inside = 0;
            for (var k = 0; k < count; k++)
            {
                var weight = MathF.Max(0, 1 - MathF.Abs(begin + k - centre) / support);
                total += weight;
                var within = begin + k >= 0 && begin + k < inSize;
                own[k] = within ? weight : 0;
                inside += own[k];
            }

            var norm = fade ? total : inside;
            // Taps outside are moved inside by shifting, so that the loops need no bounds.
            var shift = Math.Clamp(begin, 0, Math.Max(0, inSize - count)) - begin;
            if (shift != 0)
            {
                Shift(own, shift);
            }

            for (var k = 0; k < count; k++)
            {
                own[k] = norm > 0 ? own[k] / norm : 0;
            }

            first[i] = begin + shift;
        }
    }

    /// <summary>How many taps an output has when it spans <paramref name="step"/> source samples.</summary>
    public static int TapCount(float step) => (int)MathF.Ceiling(2 * MathF.Max(1, step)) + 1;

    /// <summary>Resizes interleaved samples [height, width, channels].</summary>
    public static float[] Resize(ReadOnlySpan<float> source, int width, int height, int channels, int outWidth, int outHeight)
    {
        var across = Pass(source, width, height, channels, outWidth);
        return PassDown(across, outWidth, height, channels, outHeight);
    }

    private static float[] Pass(ReadOnlySpan<float> source, int width, int height, int channels, int outWidth)
    {
        var step = width / (float)outWidth;
        var count = TapCount(step);
        var first = new int[outWidth];
        var weights = new float[outWidth * count];
        Weigh(width, 0, step, first, weights, fade: false);
        var result = new float[outWidth * height * channels];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < outWidth; x++)
            {
                for (var k = 0; k < count && first[x] + k < width; k++)
                {
                    var weight = weights[x * count + k];
                    for (var c = 0; c < channels; c++)
                    {
                        result[(y * outWidth + x) * channels + c] += weight * source[(y * width + first[x] + k) * channels + c];
                    }
                }
            }
        }

        return result;
    }

    private static float[] PassDown(float[] source, int width, int height, int channels, int outHeight)
    {
        var step = height / (float)outHeight;
        var count = TapCount(step);
        var first = new int[outHeight];
        var weights = new float[outHeight * count];
        Weigh(height, 0, step, first, weights, fade: false);
        var row = width * channels;
        var result = new float[outHeight * row];
        for (var y = 0; y < outHeight; y++)
        {
            for (var k = 0; k < count && first[y] + k < height; k++)
            {
                var weight = weights[y * count + k];
                for (var i = 0; i < row; i++)
                {
                    result[y * row + i] += weight * source[(first[y] + k) * row + i];
                }
            }
        }

        return result;
    }

    private static void Shift(Span<float> weights, int by)
    {
        if (by > 0)
        {
            for (var k = 0; k < weights.Length; k++)
            {
                weights[k] = k + by < weights.Length ? weights[k + by] : 0;
            }
        }
        else
        {
            for (var k = weights.Length - 1; k >= 0; k--)
            {
                weights[k] = k + by >= 0 ? weights[k + by] : 0;
            }
        }
    }
}
