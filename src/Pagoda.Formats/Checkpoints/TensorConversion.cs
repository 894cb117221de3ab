using System.Runtime.InteropServices;
using Pagoda.Torch;

namespace Pagoda.Formats.Checkpoints;

/// <summary>Conversions between the element types of checkpoints and single precision.</summary>
public static class TensorConversion
{
    /// <summary>Converts little-endian elements of any type to single precision; booleans become 0 and 1.</summary>
    /// <param name="source">The elements, <paramref name="destination"/>.Length times the size of the type.</param>
    /// <param name="type">Their type.</param>
    /// <param name="destination">Receives one number an element.</param>
    /// <exception cref="ArgumentException">The sizes do not match.</exception>
    public static void ToFloat32(ReadOnlySpan<byte> source, ScalarType type, Span<float> destination)
    {
        if (source.Length != (long)destination.Length * type.ByteSize())
        {
            throw new ArgumentException($"{source.Length} bytes of {type} are not {destination.Length} elements.", nameof(source));
        }

        switch (type)
        {
            case ScalarType.Float32: source.CopyTo(MemoryMarshal.AsBytes(destination)); break;
            case ScalarType.BFloat16: FromBFloat16(MemoryMarshal.Cast<byte, ushort>(source), destination); break;
            case ScalarType.Float16: Convert<Half>(source, destination, static x => (float)x); break;
            case ScalarType.Float64: Convert<double>(source, destination, static x => (float)x); break;
            case ScalarType.UInt8: Convert<byte>(source, destination, static x => x); break;
            case ScalarType.Int8: Convert<sbyte>(source, destination, static x => x); break;
            case ScalarType.Int16: Convert<short>(source, destination, static x => x); break;
            case ScalarType.Int32: Convert<int>(source, destination, static x => x); break;
            case ScalarType.Int64: Convert<long>(source, destination, static x => x); break;
            case ScalarType.Bool: Convert<byte>(source, destination, static x => x == 0 ? 0 : 1); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type.");
        }
    }

    /// <summary>Widens brain floats (the upper halves of float32) exactly.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than the source.</exception>
    public static void FromBFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }

    /// <summary>Rounds to brain floats, ties to even, NaN to a quiet NaN: as libtorch does.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than the source.</exception>
    public static void ToBFloat16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        for (var i = 0; i < source.Length; i++)
        {
            var bits = BitConverter.SingleToUInt32Bits(source[i]);
            destination[i] = float.IsNaN(source[i]) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }
    }

    private static void Convert<T>(ReadOnlySpan<byte> source, Span<float> destination, Func<T, float> convert)
        where T : unmanaged
    {
        var elements = MemoryMarshal.Cast<byte, T>(source);
        for (var i = 0; i < elements.Length; i++)
        {
            destination[i] = convert(elements[i]);
        }
    }
}
