using System.Buffers.Binary;

namespace Pagoda.Formats.Images;

/// <summary>The chunks that a PNG file is made of: length, type, body, CRC-32 (PNG specification, section 5.3).</summary>
internal static class PngChunks
{
    private static readonly uint[] Table = MakeTable();

    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Takes the next whole chunk off <paramref name="rest"/>; false, leaving it alone, where there is none.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> rest, out Chunk chunk)
    {
        chunk = default;
        if (rest.Length < 12)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
        if (length > rest.Length - 12)
        {
            return false;
        }

        var end = 8 + (int)length;
        chunk = new Chunk(rest[4..8], rest[8..end], BinaryPrimitives.ReadUInt32BigEndian(rest[end..]));
        rest = rest[(end + 4)..];
        return true;
    }

    /// <summary>A chunk of <paramref name="type"/> around <paramref name="body"/>.</summary>
    public static byte[] Make(ReadOnlySpan<byte> type, ReadOnlySpan<byte> body)
    {
        var chunk = new byte[body.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, body.Length);
        type.CopyTo(chunk.AsSpan(4));
        body.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + body.Length), Crc(chunk.AsSpan(4, 4 + body.Length)));
        return chunk;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes, uint crc = 0)
    {
        crc = ~crc;
        foreach (var value in bytes)
        {
            crc = Table[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < 256; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
            }

            table[i] = value;
        }

        return table;
    }

    public readonly ref struct Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> body, uint crc)
    {
        private readonly uint crc = crc;

        public ReadOnlySpan<byte> Type { get; } = type;

        public ReadOnlySpan<byte> Body { get; } = body;

        public bool IsIntact => Crc(Body, Crc(Type)) == crc;

        public bool Is(ReadOnlySpan<byte> name) => Type.SequenceEqual(name);
    }
}
