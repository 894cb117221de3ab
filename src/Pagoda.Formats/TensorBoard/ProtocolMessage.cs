using System.Buffers.Binary;
using System.Text;

namespace Pagoda.Formats.TensorBoard;

/// <summary>A message of protocol buffers, written field by field (protobuf.dev, "Encoding").</summary>
internal sealed class ProtocolMessage
{
    private const int Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5;
    private readonly MemoryStream _bytes = new();

    public ReadOnlySpan<byte> Bytes => _bytes.GetBuffer().AsSpan(0, (int)_bytes.Length);

    public ProtocolMessage Add(int field, long value)
    {
        Tag(field, Varint);
        Number((ulong)value);
        return this;
    }

    public ProtocolMessage Add(int field, double value)
    {
        Tag(field, Fixed64);
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        _bytes.Write(bytes);
        return this;
    }

    public ProtocolMessage Add(int field, float value)
    {
        Tag(field, Fixed32);
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        _bytes.Write(bytes);
        return this;
    }

    public ProtocolMessage Add(int field, string text) => Add(field, Encoding.UTF8.GetBytes(text));

    public ProtocolMessage Add(int field, ProtocolMessage message) => Add(field, message.Bytes);

    public ProtocolMessage Add(int field, ReadOnlySpan<byte> bytes)
    {
        Tag(field, Delimited);
        Number((ulong)bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    private void Tag(int field, int kind) => Number((ulong)((field << 3) | kind));

    private void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes.WriteByte((byte)(value | 0x80));
        }

        _bytes.WriteByte((byte)value);
    }
}
