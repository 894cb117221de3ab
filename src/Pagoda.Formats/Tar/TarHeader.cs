using System.Text;

namespace Pagoda.Formats.Tar;

/// <summary>
/// The 512 bytes before an entry (POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format").
/// </summary>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    public const int Size = 512;

    private readonly ReadOnlySpan<byte> block = block;

    public bool IsZero => block.IndexOfAnyExcept((byte)0) < 0;

    public char Type => (char)block[156];

    /// <summary>The name, with the prefix field where the format has one: GNU's keeps times there.</summary>
    public string Name
    {
        get
        {
            var name = Text(block[..100]);
            var prefix = block.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(block.Slice(345, 155)) : "";
            return prefix.Length > 0 ? $"{prefix}/{name}" : name;
        }
    }

    /// <summary>The size field, or -1 where it holds no number.</summary>
    public long Length => Number(block.Slice(124, 12));

    /// <summary>Whether the sum of the bytes is the one noted; some old programs summed signed bytes.</summary>
    public bool ChecksumMatches
    {
        get
        {
            long unsigned = 8 * ' ', signed = 8 * ' ';
            for (var i = 0; i < Size; i++)
            {
                if (i is < 148 or >= 156)
                {
                    unsigned += block[i];
                    signed += (sbyte)block[i];
                }
            }

            return Number(block.Slice(148, 8)) is var noted && (noted == unsigned || noted == signed);
        }
    }

    /// <summary>Bytes that content takes, rounded up to whole blocks.</summary>
    public static long Padded(long length) => checked(length + Size - 1) / Size * Size;

    public static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>Octal digits between spaces and zeros; or, with the highest bit set, a big-endian integer (GNU).</summary>
    private static long Number(ReadOnlySpan<byte> field)
    {
        long number = 0;
        if (field[0] == 0x80)
        {
            foreach (var value in field[1..])
            {
                if (number > long.MaxValue >> 8)
                {
                    return -1;
                }

                number = (number << 8) | value;
            }

            return number;
        }

        var digits = field.Trim(" \0"u8);
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return -1;
            }

            number = (number << 3) | (uint)(digit - '0');
        }

        return number;
    }
}
