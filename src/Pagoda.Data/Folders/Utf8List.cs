using System.Text;

namespace Pagoda.Data.Folders;

/// <summary>Millions of short texts without the cost of an object each: their UTF-8 bytes in large blocks.</summary>
internal sealed class Utf8List
{
    private const int BlockSize = 1 << 20;
    private readonly List<byte[]> _blocks = [];
    private readonly List<(int Block, int Start, int Length)> _items = [];
    private int _used = BlockSize;

    public int Count => _items.Count;

    public string this[int index] => Encoding.UTF8.GetString(Bytes(index));

    public void Add(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        if (_used + length > BlockSize)
        {
            _blocks.Add(new byte[Math.Max(BlockSize, length)]);
            _used = 0;
        }

        Encoding.UTF8.GetBytes(text, _blocks[^1].AsSpan(_used));
        _items.Add((_blocks.Count - 1, _used, length));
        _used += length;
    }

    public ReadOnlySpan<byte> Bytes(int index)
    {
        var (block, start, length) = _items[index];
        return _blocks[block].AsSpan(start, length);
    }
}
