using System.Buffers;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pagoda.Formats.Images;

/// <summary>
/// <see cref="Resampler"/>'s bicubic resizing of RGB, to the same bits, on AVX2 and straight to planes: what training needs
/// for each picture. A 22-bit weight is taken apart into 11 lower bits and the rest, so that two taps are multiplied and added at once as
/// 16-bit numbers: low + (high shifted by 11) is exact.
/// </summary>
internal static unsafe class RgbResampler
{
    private const int Precision = 22;
    private const int Split = 11;
    private const int Half = 1 << (Precision - 1);
    private static readonly Vector128<byte> Pairs = Vector128.Create(0, 3, 1, 4, 2, 5, 0x80, 0x80, 6, 9, 7, 10, 8, 11, 0x80, 0x80);

    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>Resizes a window of a picture.</summary>
    /// <param name="source">The window's first pixel.</param>
    /// <param name="available">Bytes that may be read from there on.</param>
    /// <param name="stride">Bytes from a row to the next.</param>
    /// <param name="width">The window's width.</param>
    /// <param name="height">The window's height.</param>
    /// <param name="size">Width and height of the result.</param>
    /// <param name="mirrored">Whether left and right change sides.</param>
    /// <param name="planes">Filled with [3, size, size].</param>
    public static void Resize(byte* source, long available, int stride, int width, int height, int size, bool mirrored, Span<byte> planes)
    {
        if (planes.Length != 3 * size * size || available < ((long)(height - 1) * stride) + (3 * width))
        {
            throw new ArgumentException("The window or the planes do not fit.");
        }

        var columns = ResamplingWeights.Make(width, size, Resampling.Bicubic, 0, size);
        var rows = ResamplingWeights.Make(height, size, Resampling.Bicubic, 0, size);
        // Rows end where whole vectors may be read and written.
        var across = ((3 * size) + 63) & ~31;
        var between = ArrayPool<byte>.Shared.Rent(across * height);
        try
        {
            fixed (byte* narrowed = between)
            {
                Horizontal(source, available, stride, width, height, columns, narrowed, across);
                Vertical(narrowed, across, height, rows, mirrored, size, planes);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(between);
        }
    }

    private static void Horizontal(byte* source, long available, int stride, int width, int height, ResamplingWeights weights, byte* to, int across)
    {
        var outputs = weights.Starts.Length;
        var groups = (Most(weights) + 3) / 4;
        var reach = (3L * (weights.Starts.Max() + (4 * groups))) + 4;
        var packed = ArrayPool<short>.Shared.Rent(outputs * groups * 32);
        var last = ArrayPool<byte>.Shared.Rent((int)reach + (3 * width));
        try
        {
            fixed (short* table = packed)
            fixed (byte* copy = last)
            fixed (int* starts = weights.Starts)
            {
                PackColumns(weights, groups, table);
                for (var y = 0; y < height; y++)
                {
                    var row = source + ((long)y * stride);
                    if (((long)y * stride) + reach > available)
                    {
                        Buffer.MemoryCopy(row, copy, 3 * width, 3 * width);
                        row = copy;
                    }

                    Narrow(row, starts, table, groups, outputs, to + ((long)y * across));
                }
            }
        }
        finally
        {
            ArrayPool<short>.Shared.Return(packed);
            ArrayPool<byte>.Shared.Return(last);
        }
    }

    private static void Narrow(byte* row, int* starts, short* table, int groups, int outputs, byte* to)
    {
        for (var x = 0; x < outputs; x++)
        {
            var from = row + (3 * starts[x]);
            var (low, high) = (Vector256<int>.Zero, Vector256<int>.Zero);
            for (var g = 0; g < groups; g++, from += 12, table += 32)
            {
                var taps = Avx2.ConvertToVector256Int16(Ssse3.Shuffle(Sse2.LoadVector128(from), Pairs));
                low = Avx2.Add(low, Avx2.MultiplyAddAdjacent(taps, Avx.LoadVector256(table)));
                high = Avx2.Add(high, Avx2.MultiplyAddAdjacent(taps, Avx.LoadVector256(table + 16)));
            }

            var sums = Avx2.Add(low, Avx2.ShiftLeftLogical(high, Split));
            var sum = Sse2.Add(Sse2.Add(sums.GetLower(), sums.GetUpper()), Vector128.Create(Half));
            var clipped = Sse2.ShiftRightArithmetic(sum, Precision);
            var words = Sse2.PackSignedSaturate(clipped, clipped);
            // Four bytes; the next pixel overwrites the fourth.
            *(uint*)(to + (3 * x)) = Sse2.PackUnsignedSaturate(words, words).AsUInt32().ToScalar();
        }
    }

    private static void Vertical(byte* from, int across, int height, ResamplingWeights weights, bool mirrored, int size, Span<byte> planes)
    {
        var row = stackalloc byte[across];
        for (var y = 0; y < size; y++)
        {
            var taps = weights.Taps(y);
            var first = from + ((long)weights.Starts[y] * across);
            for (var x = 0; x < 3 * size; x += 16)
            {
                Vector256<int> low0 = Vector256<int>.Zero, low1 = low0, high0 = low0, high1 = low0;
                for (var t = 0; t < taps.Length; t += 2)
                {
                    var two = t + 1 < taps.Length;
                    var above = Sse2.LoadVector128(first + ((long)t * across) + x);
                    var below = two ? Sse2.LoadVector128(first + ((long)(t + 1) * across) + x) : above;
                    var (weight, next) = (taps[t], two ? taps[t + 1] : 0);
                    var lows = Vector256.Create((weight & ((1 << Split) - 1)) | (next & ((1 << Split) - 1)) << 16).AsInt16();
                    var highs = Vector256.Create(((weight >> Split) & 0xFFFF) | (next >> Split) << 16).AsInt16();
                    var left = Avx2.ConvertToVector256Int16(Sse2.UnpackLow(above, below));
                    var right = Avx2.ConvertToVector256Int16(Sse2.UnpackHigh(above, below));
                    low0 = Avx2.Add(low0, Avx2.MultiplyAddAdjacent(left, lows));
                    high0 = Avx2.Add(high0, Avx2.MultiplyAddAdjacent(left, highs));
                    low1 = Avx2.Add(low1, Avx2.MultiplyAddAdjacent(right, lows));
                    high1 = Avx2.Add(high1, Avx2.MultiplyAddAdjacent(right, highs));
                }

                var words = Avx2.PackSignedSaturate(Finish(low0, high0), Finish(low1, high1));
                words = Avx2.Permute4x64(words.AsInt64(), 0b11_01_10_00).AsInt16();
                Sse2.Store(row + x, Sse2.PackUnsignedSaturate(words.GetLower(), words.GetUpper()));
            }

            Spread(row, size, mirrored, y, planes);
        }

        static Vector256<int> Finish(Vector256<int> low, Vector256<int> high) =>
            Avx2.ShiftRightArithmetic(Avx2.Add(Avx2.Add(low, Avx2.ShiftLeftLogical(high, Split)), Vector256.Create(Half)), Precision);
    }

    private static void Spread(byte* row, int size, bool mirrored, int y, Span<byte> planes)
    {
        for (var c = 0; c < 3; c++)
        {
            var plane = planes.Slice(((c * size) + y) * size, size);
            var from = row + c;
            if (mirrored)
            {
                for (var x = size - 1; x >= 0; x--, from += 3)
                {
                    plane[x] = *from;
                }
            }
            else
            {
                for (var x = 0; x < plane.Length; x++, from += 3)
                {
                    plane[x] = *from;
                }
            }
        }
    }

    // For each output and four of its taps: the low parts for red, green, blue and nothing, taps in pairs; then the high parts.
    private static void PackColumns(ResamplingWeights weights, int groups, short* table)
    {
        for (var x = 0; x < weights.Starts.Length; x++)
        {
            var taps = weights.Taps(x);
            for (var g = 0; g < groups; g++, table += 32)
            {
                for (var t = 0; t < 4; t++)
                {
                    var weight = (4 * g) + t < taps.Length ? taps[(4 * g) + t] : 0;
                    for (var c = 0; c < 4; c++)
                    {
                        var at = (t / 2 * 8) + (2 * c) + (t % 2);
                        table[at] = (short)(weight & ((1 << Split) - 1));
                        table[16 + at] = (short)(weight >> Split);
                    }
                }
            }
        }
    }

    private static int Most(ResamplingWeights weights)
    {
        var most = 0;
        for (var x = 0; x < weights.Starts.Length; x++)
        {
            most = Math.Max(most, weights.Taps(x).Length);
        }

        return most;
    }
}
