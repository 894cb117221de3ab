using System.Numerics;
using System.Runtime.InteropServices;

namespace Pagoda.Formats.TensorBoard;

/// <summary>
/// The checksum of TensorFlow's record files: CRC-32C (Castagnoli, RFC 3720 appendix B.4), rotated and moved by a constant, so that
/// a checksum of data that holds checksums is not weak (tensorflow/tensorflow: lib/hash/crc32c.h, Mask).
/// </summary>
internal static class MaskedCrc32C
{
    private const uint Delta = 0xa282ead8;

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = Plain(bytes);
        return ((crc >> 15) | (crc << 17)) + Delta;
    }

    public static uint Plain(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (var last in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, last);
        }

        return ~crc;
    }
}
