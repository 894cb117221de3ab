using System.Runtime.CompilerServices;

namespace Pagoda.Formats.Checkpoints;

/// <summary>Makes views of storages contiguous.</summary>
internal static unsafe class StridedCopy
{
    /// <summary>Copies elements that lie <paramref name="strides"/> apart into row-major order.</summary>
    /// <param name="source">The first element; the caller has checked that all lie in readable memory.</param>
    /// <param name="shape">Sizes, outermost first, none zero.</param>
    /// <param name="strides">Distances in elements.</param>
    /// <param name="size">Bytes an element takes: 1, 2, 4 or 8.</param>
    /// <param name="destination">The product of the shape times the size.</param>
    public static void Gather(nint source, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides, int size, Span<byte> destination)
    {
        fixed (byte* start = destination)
        {
            var end = start;
            Copy((byte*)source, shape, strides, size, ref end);
        }
    }

    private static void Copy(byte* source, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides, int size, ref byte* destination)
    {
        if (shape.Length == 0)
        {
            Unsafe.CopyBlockUnaligned(destination, source, (uint)size);
            destination += size;
            return;
        }

        var step = strides[0] * size;
        if (shape.Length > 1)
        {
            for (long i = 0; i < shape[0]; i++, source += step)
            {
                Copy(source, shape[1..], strides[1..], size, ref destination);
            }

            return;
        }

        switch (size)
        {
            case 1: Row<byte>(source, shape[0], step, ref destination); break;
            case 2: Row<ushort>(source, shape[0], step, ref destination); break;
            case 4: Row<uint>(source, shape[0], step, ref destination); break;
            default: Row<ulong>(source, shape[0], step, ref destination); break;
        }
    }

    private static void Row<T>(byte* source, long count, long step, ref byte* destination)
        where T : unmanaged
    {
        for (long i = 0; i < count; i++, source += step, destination += sizeof(T))
        {
            Unsafe.WriteUnaligned(destination, Unsafe.ReadUnaligned<T>(source));
        }
    }
}
