using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Pagoda.Formats.Checkpoints;

/// <summary>An entry of a zip file's central directory.</summary>
internal sealed record ZipEntry(string Name, int Method, uint Crc, long CompressedSize, long Size, long HeaderOffset)
{
    public const int Stored = 0;
    public const int Deflated = 8;
}

/// <summary>
/// The central directory of a zip file, zip64 included (PKWARE APPNOTE 6.3, sections 4.3 and 4.5.3), read once. Other
/// zip readers hide where an entry's bytes lie in the file, which mapping tensors needs. Messages of its exceptions leave the file to the caller.
/// </summary>
internal sealed class ZipDirectory
{
    private const int EndSize = 22, End64LocatorSize = 20, End64Size = 56, CentralSize = 46, LocalSize = 30;

    private readonly MappedFile file;
    private readonly Dictionary<string, ZipEntry> entries = [];

    public ZipDirectory(MappedFile file)
    {
        this.file = file;
        var (count, size, start) = FindDirectory();
        var directory = Span(start, size, "its directory");
        while (!directory.IsEmpty)
        {
            var entry = ReadEntry(ref directory);
            if (!entries.TryAdd(entry.Name, entry))
            {
                throw Refuse($"its directory has '{entry.Name}' twice");
            }
        }

        if (entries.Count != count)
        {
            throw Refuse($"its directory has {entries.Count} entries instead of {count}");
        }

        RefuseOverlaps(start);
    }

    public IReadOnlyDictionary<string, ZipEntry> Entries => entries;

    /// <summary>Where an entry's bytes begin, after its local header, whose extra field the directory does not know.</summary>
    public long DataOffset(ZipEntry entry)
    {
        var header = Span(entry.HeaderOffset, LocalSize, $"the header of entry '{entry.Name}'");
        int nameLength = Short(header, 26), extraLength = Short(header, 28);
        if (Int(header, 0) != 0x04034b50 || !Span(entry.HeaderOffset + LocalSize, nameLength, $"the name of entry '{entry.Name}'").SequenceEqual(Encoding.UTF8.GetBytes(entry.Name)))
        {
            throw Refuse($"entry '{entry.Name}' is not where the directory says; the archive is damaged");
        }

        var offset = entry.HeaderOffset + LocalSize + nameLength + extraLength;
        return offset <= file.Length - entry.CompressedSize ? offset : throw Refuse($"entry '{entry.Name}' ends after the file; it is truncated");
    }

    /// <summary>An entry's content, decompressed and its check sum verified where it is compressed.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="limit">The largest size that makes sense.</param>
    public byte[] Read(ZipEntry entry, long limit)
    {
        if (entry.Size > Math.Min(limit, Array.MaxLength))
        {
            throw Refuse($"entry '{entry.Name}' has {entry.Size} bytes, more than the {limit} it may have");
        }

        var data = Span(DataOffset(entry), entry.CompressedSize, $"entry '{entry.Name}'");
        return entry.Method == ZipEntry.Stored ? data.ToArray() : Inflate(entry, data);
    }

    private static unsafe byte[] Inflate(ZipEntry entry, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return entry.Size == 0 ? [] : throw Refuse($"entry '{entry.Name}' does not decompress (it is empty)");
        }

        // Pinned, so that its address can stand in for that of a mapped file.
        var content = GC.AllocateUninitializedArray<byte>((int)entry.Size, pinned: true);
        fixed (byte* pointer = data)
        {
            using var inflater = new DeflateStream(new UnmanagedMemoryStream(pointer, data.Length), CompressionMode.Decompress);
            try
            {
                inflater.ReadExactly(content);
                if (inflater.ReadByte() != -1)
                {
                    throw Refuse($"entry '{entry.Name}' decompresses to more than its {entry.Size} bytes");
                }
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                throw Refuse($"entry '{entry.Name}' does not decompress ({e.Message})");
            }
        }

        return Crc32.Of(content) == entry.Crc ? content : throw Refuse($"entry '{entry.Name}' does not match its check sum");
    }

    private (long Count, long Size, long Start) FindDirectory()
    {
        var tail = file.Span(Math.Max(0, file.Length - EndSize - ushort.MaxValue), Math.Min(file.Length, EndSize + ushort.MaxValue));
        for (var at = tail.Length - EndSize; at >= 0; at--)
        {
            var end = tail[at..];
            if (Int(end, 0) != 0x06054b50 || Short(end, 20) != end.Length - EndSize)
            {
                continue;
            }

            if (Short(end, 4) is not (0 or 0xFFFF))
            {
                throw Refuse("it is one part of a zip archive in several files");
            }

            var plain = ((long)Short(end, 10), (long)Int(end, 12), (long)Int(end, 16));
            return plain is (not 0xFFFF, not 0xFFFFFFFF, not 0xFFFFFFFF) ? plain : FindDirectory64(file.Length - tail.Length + at, plain);
        }

        throw Refuse("it has no zip directory at its end; it is truncated or no zip archive");
    }

    private (long Count, long Size, long Start) FindDirectory64(long end, (long, long, long) plain)
    {
        if (end < End64LocatorSize || file.Span(end - End64LocatorSize, End64LocatorSize) is var locator && Int(locator, 0) != 0x07064b50)
        {
            return plain;
        }

        var record = Span(Long(locator, 8), End64Size, "its zip64 directory record");
        return Int(record, 0) == 0x06064b50 ? (Long(record, 32), Long(record, 40), Long(record, 48)) : throw Refuse("its zip64 directory record is damaged");
    }

    private ZipEntry ReadEntry(ref ReadOnlySpan<byte> directory)
    {
        if (directory.Length < CentralSize || Int(directory, 0) != 0x02014b50)
        {
            throw Refuse("its directory is damaged");
        }

        int flags = Short(directory, 8), method = Short(directory, 10);
        int nameLength = Short(directory, 28), extraLength = Short(directory, 30), commentLength = Short(directory, 32);
        long compressed = Int(directory, 20), size = Int(directory, 24), header = Int(directory, 42);
        if (directory.Length - CentralSize < nameLength + extraLength + commentLength)
        {
            throw Refuse("its directory is damaged");
        }

        var name = Encoding.UTF8.GetString(directory.Slice(CentralSize, nameLength));
        ReadExtra64(directory.Slice(CentralSize + nameLength, extraLength), ref size, ref compressed, ref header);
        if ((flags & 1) != 0 || method is not (ZipEntry.Stored or ZipEntry.Deflated))
        {
            throw Refuse($"entry '{name}' is {((flags & 1) != 0 ? "encrypted" : $"compressed by method {method}")}; entries are read when stored or deflated, and not encrypted");
        }

        if (compressed < 0 || size < 0 || header < 0 || compressed > file.Length || header > file.Length - compressed)
        {
            throw Refuse($"entry '{name}' lies outside of the file; it is truncated or damaged");
        }

        // Deflate cannot do better than 1032 : 1 (zlib's documentation), so that more is a lie.
        if (method == ZipEntry.Stored ? size != compressed : size / 1032 > compressed)
        {
            throw Refuse($"entry '{name}' cannot have {size} bytes in {compressed}");
        }

        var entry = new ZipEntry(name, method, Int(directory, 16), compressed, size, header);
        directory = directory[(CentralSize + nameLength + extraLength + commentLength)..];
        return entry;
    }

    /// <summary>Takes the sizes that do not fit into 32 bits from the extra field 0x0001, in its fixed order.</summary>
    private static void ReadExtra64(ReadOnlySpan<byte> extra, ref long size, ref long compressed, ref long header)
    {
        while (extra.Length >= 4)
        {
            int id = Short(extra, 0), length = Math.Min(Short(extra, 2), extra.Length - 4);
            if (id == 1)
            {
                var field = extra.Slice(4, length);
                Take(ref field, ref size);
                Take(ref field, ref compressed);
                Take(ref field, ref header);
            }

            extra = extra[(4 + length)..];
        }

        static void Take(ref ReadOnlySpan<byte> field, ref long value)
        {
            if (value == 0xFFFFFFFF && field.Length >= 8)
            {
                value = Long(field, 0);
                field = field[8..];
            }
        }
    }

    /// <summary>Entries that share bytes are how small archives claim to hold much.</summary>
    private void RefuseOverlaps(long directory)
    {
        long end = 0;
        foreach (var entry in entries.Values.OrderBy(entry => entry.HeaderOffset))
        {
            if (entry.HeaderOffset < end || entry.HeaderOffset > directory)
            {
                throw Refuse($"entry '{entry.Name}' overlaps with another");
            }

            end = entry.HeaderOffset + LocalSize + entry.Name.Length + entry.CompressedSize;
        }
    }

    private ReadOnlySpan<byte> Span(long offset, long length, string what)
    {
        if (offset < 0 || length < 0 || length > int.MaxValue || offset > file.Length - length)
        {
            throw Refuse($"{what} lies outside of the file; it is truncated or damaged");
        }

        return file.Span(offset, length);
    }

    private static CheckpointException Refuse(string what) => new(what);

    private static int Short(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint Int(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long Long(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
