using System.Drawing;
using System.Numerics;

namespace Pagoda.Formats.Images;

/// <summary>
/// Resizing as Pillow 9.4 does it, bit for bit (src/libImaging/Resample.c, Geometry.c): kernels widened when reducing, 8-bit
/// samples times 22-bit fixed-point weights, rows first, rounded to 8 bits between the passes, colours premultiplied by alpha.
/// </summary>
internal static class Resampler
{
    private const int Precision = 32 - 8 - 2;
    private const int Half = 1 << (Precision - 1);

    public static Picture Resize(Picture source, int width, int height, Resampling filter) =>
        Resize(source, width, height, filter, new Rectangle(0, 0, width, height));

    /// <summary>What a crop to <paramref name="window"/> would leave of the resized picture; the rest is never computed.</summary>
    public static Picture Resize(Picture source, int width, int height, Resampling filter, Rectangle window)
    {
        if (width < 1 || height < 1 || (long)window.Width * Math.Max(window.Height, source.Height) * source.Channels > Array.MaxLength)
        {
            throw new PictureException($"A picture of {source.Width} x {source.Height} pixels cannot be resized to {width} x {height}; choose sides of at least 1 and less than 2 GB in all.");
        }

        if (width == source.Width && height == source.Height)
        {
            return window.Size == new Size(width, height) ? source : source.Crop(window.X, window.Y, window.Width, window.Height);
        }

        if (filter == Resampling.Nearest)
        {
            return source.Like(window.Width, window.Height, Nearest(source, width, height, window));
        }

        var columns = width == source.Width ? null : ResamplingWeights.Make(source.Width, width, filter, window.X, window.Width);
        var rows = height == source.Height ? null : ResamplingWeights.Make(source.Height, height, filter, window.Y, window.Height);
        var used = source.Crop(columns?.FirstInput ?? window.X, rows?.FirstInput ?? window.Y, columns?.InputCount ?? window.Width, rows?.InputCount ?? window.Height);
        var alpha = used.Mode is PictureMode.GreyAlpha or PictureMode.Rgba;
        var pixels = alpha ? Alpha.Premultiply(used.Pixels, used.Channels) : used.Pixels;
        if (columns is not null)
        {
            pixels = Horizontal(pixels, used.Width, used.Height, used.Channels, columns);
        }

        if (rows is not null)
        {
            pixels = Vertical(pixels, window.Width * used.Channels, rows);
        }

        if (alpha)
        {
            Alpha.Divide(pixels, used.Channels);
        }

        return used.Like(window.Width, window.Height, pixels);
    }

    private static byte[] Nearest(Picture source, int width, int height, Rectangle window)
    {
        var columns = Positions(source.Width, width, window.X, window.Width);
        var rows = Positions(source.Height, height, window.Y, window.Height);
        var channels = source.Channels;
        var to = new byte[window.Width * window.Height * channels];
        var at = 0;
        foreach (var y in rows)
        {
            var row = source.Pixels.AsSpan(y * source.Width * channels, source.Width * channels);
            foreach (var x in columns)
            {
                row.Slice(x * channels, channels).CopyTo(to.AsSpan(at));
                at += channels;
            }
        }

        return to;

        // Summed, not multiplied, for the sum's rounding is what Pillow has.
        static int[] Positions(int inputs, int outputs, int first, int count)
        {
            var step = (double)inputs / outputs;
            var at = step * 0.5;
            var positions = new int[count];
            for (var i = 0; i < first + count; i++, at += step)
            {
                if (i >= first)
                {
                    positions[i - first] = Math.Min((int)at, inputs - 1);
                }
            }

            return positions;
        }
    }

    private static byte[] Horizontal(byte[] pixels, int width, int height, int channels, ResamplingWeights weights)
    {
        var outputs = weights.Starts.Length;
        var to = new byte[outputs * height * channels];
        for (int y = 0, o = 0; y < height; y++)
        {
            var row = pixels.AsSpan(y * width * channels, width * channels);
            for (var x = 0; x < outputs; x++, o += channels)
            {
                var taps = weights.Taps(x);
                var under = row.Slice((weights.Starts[x] - weights.FirstInput) * channels, taps.Length * channels);
                if (channels == 3)
                {
                    int red = Half, green = Half, blue = Half;
                    for (int t = 0, i = 0; t < taps.Length; t++, i += 3)
                    {
                        red += under[i] * taps[t];
                        green += under[i + 1] * taps[t];
                        blue += under[i + 2] * taps[t];
                    }

                    to[o] = Clip(red);
                    to[o + 1] = Clip(green);
                    to[o + 2] = Clip(blue);
                    continue;
                }

                for (var c = 0; c < channels; c++)
                {
                    var sum = Half;
                    for (int t = 0, i = c; t < taps.Length; t++, i += channels)
                    {
                        sum += under[i] * taps[t];
                    }

                    to[o + c] = Clip(sum);
                }
            }
        }

        return to;
    }

    private static byte[] Vertical(byte[] pixels, int stride, ResamplingWeights weights)
    {
        var outputs = weights.Starts.Length;
        var to = new byte[outputs * stride];
        var sums = new int[stride];
        for (var y = 0; y < outputs; y++)
        {
            Array.Fill(sums, Half);
            var taps = weights.Taps(y);
            for (var t = 0; t < taps.Length; t++)
            {
                Accumulate(pixels.AsSpan((weights.Starts[y] - weights.FirstInput + t) * stride, stride), taps[t], sums);
            }

            for (var i = 0; i < stride; i++)
            {
                to[(y * stride) + i] = Clip(sums[i]);
            }
        }

        return to;
    }

    // sums += row * weight, a vector of bytes at a time.
    private static void Accumulate(ReadOnlySpan<byte> row, int weight, Span<int> sums)
    {
        var i = 0;
        for (; i <= row.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            Vector.Widen(new Vector<byte>(row[i..]), out var low, out var high);
            Vector.Widen(low, out var first, out var second);
            Vector.Widen(high, out var third, out var fourth);
            var n = Vector<int>.Count;
            Add(sums[i..], first, weight);
            Add(sums[(i + n)..], second, weight);
            Add(sums[(i + (2 * n))..], third, weight);
            Add(sums[(i + (3 * n))..], fourth, weight);
        }

        for (; i < row.Length; i++)
        {
            sums[i] += row[i] * weight;
        }

        static void Add(Span<int> sums, Vector<uint> values, int weight) =>
            (new Vector<int>(sums) + (Vector.AsVectorInt32(values) * weight)).CopyTo(sums);
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> Precision, 0, 255);
}
