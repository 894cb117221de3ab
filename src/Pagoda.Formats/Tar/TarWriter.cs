using System.Globalization;
using System.Text;

namespace Pagoda.Formats.Tar;

/// <summary>
/// Writes tar archives of files: ustar, with a pax header where a name is too long for it. The same content gives the
/// same bytes: no times, no owners.
/// </summary>
public sealed class TarWriter
{
    private readonly Stream stream;

    /// <summary>Writes to a stream, which stays open.</summary>
    public TarWriter(Stream stream) => this.stream = stream;

    /// <summary>Adds a file.</summary>
    /// <param name="name">Its path, with '/'.</param>
    /// <param name="content">Its content.</param>
    /// <exception cref="ArgumentException">The name is empty, ends with '/' or has a zero character.</exception>
    public void Write(string name, ReadOnlySpan<byte> content)
    {
        if (name.Length == 0 || name[^1] == '/' || name.Contains('\0'))
        {
            throw new ArgumentException($"'{name}' is not a name a file in a tar archive can have.", nameof(name));
        }

        var bytes = Encoding.UTF8.GetBytes(name);
        var split = Split(bytes);
        if (split < 0)
        {
            var record = PaxRecords.Format("path", name);
            WriteEntry("pax"u8, [], 'x', record);
            WriteEntry(bytes.AsSpan(0, 100), [], '0', content);
        }
        else
        {
            WriteEntry(split == 0 ? bytes : bytes.AsSpan(split + 1), bytes.AsSpan(0, split), '0', content);
        }
    }

    /// <summary>Writes the two zero blocks that close an archive; nothing can follow.</summary>
    public void Finish() => stream.Write(new byte[2 * TarHeader.Size]);

    /// <summary>Where to divide a name into prefix (at most 155 bytes) and name (at most 100); 0 for no prefix, -1 for no way.</summary>
    private static int Split(ReadOnlySpan<byte> name)
    {
        if (name.Length <= 100)
        {
            return 0;
        }

        var first = name.Length - 101;
        var slash = first <= 155 ? name[first..Math.Min(156, name.Length - 1)].IndexOf((byte)'/') : -1;
        return slash < 0 || first + slash == 0 ? -1 : first + slash;
    }

    private void WriteEntry(ReadOnlySpan<byte> name, ReadOnlySpan<byte> prefix, char type, ReadOnlySpan<byte> content)
    {
        Span<byte> block = stackalloc byte[TarHeader.Size];
        block.Clear();
        name.CopyTo(block);
        "0000644"u8.CopyTo(block[100..]);
        "0000000"u8.CopyTo(block[108..]);
        "0000000"u8.CopyTo(block[116..]);
        Octal(content.Length, block.Slice(124, 11));
        "00000000000"u8.CopyTo(block[136..]);
        "        "u8.CopyTo(block[148..]);
        block[156] = (byte)type;
        "ustar\000"u8.CopyTo(block[257..]);
        prefix.CopyTo(block[345..]);
        var sum = 0;
        foreach (var value in block)
        {
            sum += value;
        }

        Octal(sum, block.Slice(148, 6));
        block[154] = 0;
        stream.Write(block);
        stream.Write(content);
        stream.Write(new byte[TarHeader.Padded(content.Length) - content.Length]);
    }

    private static void Octal(int number, Span<byte> field) =>
        Encoding.ASCII.GetBytes(Convert.ToString(number, 8).PadLeft(field.Length, '0').ToString(CultureInfo.InvariantCulture), field);
}
