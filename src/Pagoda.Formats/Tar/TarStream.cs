using System.Globalization;

namespace Pagoda.Formats.Tar;

/// <summary>
/// Reads a tar archive from front to back, from a pipe or network as well as from a file: ustar, GNU's long names and
/// large sizes, pax extended headers. Files are returned; folders, links and devices are passed over.
/// </summary>
public sealed class TarStream
{
    private const int MaximumExtension = 1 << 20;

    private readonly Stream stream;
    private readonly string source;
    private readonly byte[] block = new byte[TarHeader.Size];
    private readonly Dictionary<string, string> global = [];
    private long position;
    private long remaining;
    private long padding;
    private TarEntry current;

    /// <summary>Begins to read at the stream's position, which counts as offset 0.</summary>
    /// <param name="stream">The archive, not compressed. It stays open.</param>
    /// <param name="source">Its name, for messages.</param>
    public TarStream(Stream stream, string source)
    {
        this.stream = stream;
        this.source = source;
    }

    /// <summary>
    /// Whether the archive ended with a zero block, as it should. False before its end, and for an archive that
    /// was cut between two entries (or closed by a program that forgets them).
    /// </summary>
    public bool EndedProperly { get; private set; }

    /// <summary>Moves on to the next file; what was not read of the current one is passed over.</summary>
    /// <param name="entry">The file.</param>
    /// <returns>False at the end of the archive.</returns>
    /// <exception cref="TarException">The archive is truncated or damaged.</exception>
    public bool TryNext(out TarEntry entry)
    {
        var records = new Dictionary<string, string>(global);
        entry = default;
        while (!EndedProperly)
        {
            Skip();
            var at = position;
            if (!ReadBlock())
            {
                return false;
            }

            var header = new TarHeader(block);
            if (header.IsZero)
            {
                EndedProperly = true;
                return false;
            }

            if (!header.ChecksumMatches || header.Length < 0)
            {
                throw new TarException($"{source}: the header at offset {at} is damaged, or this is not a tar archive.");
            }

            var name = header.Name;
            var type = header.Type;
            Begin(name, type is >= '1' and <= '6' ? 0 : header.Length);
            switch (type)
            {
                case 'L': records["path"] = TarHeader.Text(ReadExtension(at)); break;
                case 'x' or 'X': Parse(ReadExtension(at), records, at); break;
                case 'g': Parse(ReadExtension(at), global, at); global.ToList().ForEach(record => records.TryAdd(record.Key, record.Value)); break;
                case 'S': throw Sparse(name, at);
                case '0' or '\0' or '7':
                    entry = current = Describe(name, records, at);
                    // Before pax, a file whose name ends so was a folder.
                    if (!entry.Name.EndsWith('/'))
                    {
                        return true;
                    }

                    records = new Dictionary<string, string>(global);
                    break;
                default: records = new Dictionary<string, string>(global); break;
            }
        }

        return false;
    }

    /// <summary>Reads on in the current file.</summary>
    /// <returns>The number of bytes read; 0 at the end of the file.</returns>
    /// <exception cref="TarException">The archive ends before the file does.</exception>
    public int Read(Span<byte> buffer)
    {
        if (remaining == 0 || buffer.IsEmpty)
        {
            return 0;
        }

        var read = stream.Read(buffer[..(int)Math.Min(remaining, buffer.Length)]);
        position += read;
        remaining -= read;
        return read > 0 ? read : throw Truncated();
    }

    /// <summary>What has not been read of the current file.</summary>
    /// <exception cref="TarException">The archive ends before the file does, or the file is larger than 2 GB.</exception>
    public byte[] ReadContent()
    {
        if (remaining > Array.MaxLength)
        {
            throw new TarException($"{source}: '{current.Name}' has {remaining} bytes, more than one array holds.");
        }

        // Grown as data comes, so that a false size costs no memory.
        var content = new byte[(int)Math.Min(remaining, 1 << 20)];
        var length = 0;
        while (remaining > 0)
        {
            if (length == content.Length)
            {
                Array.Resize(ref content, (int)Math.Min(length + remaining, Math.Min(2L * length, Array.MaxLength)));
            }

            length += Read(content.AsSpan(length));
        }

        return content;
    }

    private TarEntry Describe(string name, Dictionary<string, string> records, long at)
    {
        if (records.GetValueOrDefault("path") is { Length: > 0 } path)
        {
            name = path;
        }

        if (records.Keys.Any(key => key.StartsWith("GNU.sparse.", StringComparison.Ordinal)))
        {
            throw Sparse(name, at);
        }

        if (records.TryGetValue("size", out var text))
        {
            Begin(name, long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : throw new TarException($"{source}: the size '{text}' of '{name}' at offset {at} is not a number."));
        }

        return new TarEntry(name, position, remaining);
    }

    private void Begin(string name, long length)
    {
        if (length > long.MaxValue - position - TarHeader.Size)
        {
            throw new TarException($"{source}: '{name}' at offset {position} cannot have {length} bytes.");
        }

        current = new TarEntry(name, position, length);
        remaining = length;
        padding = TarHeader.Padded(length) - length;
    }

    private byte[] ReadExtension(long at) =>
        remaining <= MaximumExtension ? ReadContent() : throw new TarException($"{source}: the extended header at offset {at} has {remaining} bytes, more than {MaximumExtension}.");

    private void Parse(byte[] extension, Dictionary<string, string> records, long at)
    {
        if (!PaxRecords.TryParse(extension, records))
        {
            throw new TarException($"{source}: the extended header at offset {at} is damaged.");
        }
    }

    private void Skip()
    {
        var length = remaining + padding;
        if (stream.CanSeek && length > 0)
        {
            if (stream.Length - stream.Position < length)
            {
                throw Truncated();
            }

            stream.Seek(length, SeekOrigin.Current);
            position += length;
        }
        else
        {
            Span<byte> discarded = stackalloc byte[4096];
            for (; length > 0;)
            {
                var read = stream.Read(discarded[..(int)Math.Min(length, discarded.Length)]);
                position += read;
                length -= read > 0 ? read : throw Truncated();
            }
        }

        remaining = padding = 0;
    }

    private bool ReadBlock()
    {
        var read = stream.ReadAtLeast(block, block.Length, throwOnEndOfStream: false);
        position += read;
        return read == block.Length || (read == 0 ? false : throw new TarException($"{source}: it is truncated within the header at offset {position - read}.") { IsTruncation = true });
    }

    private TarException Truncated() => new($"{source}: it is truncated within '{current.Name}', whose {current.Length} bytes begin at offset {current.Offset}.") { IsTruncation = true };

    private TarException Sparse(string name, long at) => new($"{source}: '{name}' at offset {at} is a sparse file, which is not supported; archive it without --sparse.");
}
