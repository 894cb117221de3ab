using System.Buffers.Binary;
using System.Text;

namespace Pagoda.Formats.Checkpoints;

/// <summary>Takes the arguments of opcodes off the bytes of a pickle; none can reach beyond the end.</summary>
internal ref struct PickleBytes(ReadOnlySpan<byte> bytes, int position)
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
    private readonly ReadOnlySpan<byte> bytes = bytes;

    public int Position { get; private set; } = position;

    public byte Byte() => Bytes(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

    public void Skip(int count) => Bytes((ulong)count);

    public ReadOnlySpan<byte> Bytes(ulong count, ulong limit = int.MaxValue)
    {
        if (count > limit || count > (ulong)(bytes.Length - Position))
        {
            throw new CheckpointException($"{count} bytes are wanted, but {bytes.Length - Position} are left{(count > limit ? $" and {limit} allowed" : "")}");
        }

        var piece = bytes.Slice(Position, (int)count);
        Position += (int)count;
        return piece;
    }

    /// <summary>UTF-8, in which Python lets halves of surrogate pairs through.</summary>
    public string Text(ulong length)
    {
        try
        {
            return StrictUtf8.GetString(Bytes(length));
        }
        catch (DecoderFallbackException)
        {
            throw new CheckpointException("a string is not UTF-8");
        }
    }

    /// <summary>What comes before the next line feed.</summary>
    public string Line()
    {
        var length = bytes[Position..].IndexOf((byte)'\n');
        if (length < 0)
        {
            throw new CheckpointException("a line has no end");
        }

        var line = Text((ulong)length);
        Position++;
        return line;
    }

    /// <summary>A line with quotes around it. Escapes occur only in the text protocol, which torch does not use.</summary>
    public string QuotedLine()
    {
        var line = Line();
        return line.Length >= 2 && line[0] is '\'' or '"' && line[^1] == line[0] && !line.Contains('\\')
            ? line[1..^1]
            : throw new CheckpointException("a string is not quoted or has escapes");
    }
}
