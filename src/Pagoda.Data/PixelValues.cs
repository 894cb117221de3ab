using System.Numerics;

namespace Pagoda.Data;

/// <summary>Bytes of pixels to numbers.</summary>
internal static class PixelValues
{
    /// <summary>Divides by 255: 0 to 255 become 0 to 1.</summary>
    public static void ToUnit(ReadOnlySpan<byte> pixels, Span<float> values)
    {
        var i = 0;
        var scale = new Vector<float>(255f);
        for (; i + Vector<byte>.Count <= pixels.Length; i += Vector<byte>.Count)
        {
            Vector.Widen(new Vector<byte>(pixels[i..]), out var low, out var high);
            Store(low, values[i..], scale);
            Store(high, values[(i + Vector<ushort>.Count)..], scale);
        }

        for (; i < pixels.Length; i++)
        {
            values[i] = pixels[i] / 255f;
        }
    }

    private static void Store(Vector<ushort> pixels, Span<float> values, Vector<float> scale)
    {
        Vector.Widen(pixels, out var low, out var high);
        (Vector.ConvertToSingle(Vector.AsVectorInt32(low)) / scale).CopyTo(values);
        (Vector.ConvertToSingle(Vector.AsVectorInt32(high)) / scale).CopyTo(values[Vector<float>.Count..]);
    }
}
