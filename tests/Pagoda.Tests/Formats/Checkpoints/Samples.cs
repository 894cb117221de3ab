using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Pagoda.Tests.Formats.Checkpoints;

/// <summary>Checkpoints written by PyTorch (Samples/make_samples.py), and zips and pickles made by hand.</summary>
internal static class Samples
{
    private static readonly string Folder = Path.Combine(SharedFolder.RepositoryRoot, "tests", "Pagoda.Tests", "Formats", "Checkpoints", "Samples");

    public static string File(string name) => Path.Combine(Folder, name);

    public static byte[] Bytes(string name) => System.IO.File.ReadAllBytes(File(name));

    /// <summary>A checkpoint with this pickle and no storages.</summary>
    public static byte[] Checkpoint(byte[] pickle) => Zip([("archive/data.pkl", pickle)]);

    /// <summary>A checkpoint whose pickle is given as opcodes in Latin-1.</summary>
    public static byte[] Checkpoint(string pickle) => Checkpoint(Encoding.Latin1.GetBytes(pickle));

    public static byte[] Zip(IEnumerable<(string Name, byte[] Content)> entries, CompressionLevel level = CompressionLevel.NoCompression)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create))
        {
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name, level).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }

    /// <summary>The same archive as one of more than 4 GB has to be written: all sizes in 64 bits.</summary>
    public static byte[] Zip64(byte[] zip)
    {
        var end = zip.AsSpan().LastIndexOf("PK\x5\x6"u8);
        int count = BitConverter.ToUInt16(zip, end + 10), start = BitConverter.ToInt32(zip, end + 16);
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(zip.AsSpan(0, start));
        for (int i = 0, at = start; i < count; i++)
        {
            int name = BitConverter.ToUInt16(zip, at + 28), extra = BitConverter.ToUInt16(zip, at + 30), comment = BitConverter.ToUInt16(zip, at + 32);
            var record = zip.AsSpan(at, 46 + name).ToArray();
            record.AsSpan(20, 8).Fill(0xFF);
            record.AsSpan(42, 4).Fill(0xFF);
            BitConverter.GetBytes((ushort)28).CopyTo(record, 30);
            BitConverter.GetBytes((ushort)0).CopyTo(record, 32);
            writer.Write(record);
            writer.Write((ushort)1);
            writer.Write((ushort)24);
            writer.Write((long)BitConverter.ToUInt32(zip, at + 24));
            writer.Write((long)BitConverter.ToUInt32(zip, at + 20));
            writer.Write((long)BitConverter.ToUInt32(zip, at + 42));
            at += 46 + name + extra + comment;
        }

        var record64 = stream.Position;
        writer.Write("PK\x6\x6"u8);
        writer.Write(44L);
        writer.Write((45 << 16) | 45);
        writer.Write(0L);
        writer.Write((long)count);
        writer.Write((long)count);
        writer.Write(record64 - start);
        writer.Write((long)start);
        writer.Write("PK\x6\x7"u8);
        writer.Write(0);
        writer.Write(record64);
        writer.Write(1);
        writer.Write("PK\x5\x6"u8);
        writer.Write(0);
        writer.Write(-1);
        writer.Write(-1L);
        writer.Write((short)0);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>The entries of a zip file, by way of .NET's own reader.</summary>
    public static List<(string Name, byte[] Content)> Unzip(byte[] bytes)
    {
        using var zip = new ZipArchive(new MemoryStream(bytes));
        return [.. zip.Entries.Select(entry =>
        {
            using var stream = entry.Open();
            using var content = new MemoryStream();
            stream.CopyTo(content);
            return (entry.FullName, content.ToArray());
        })];
    }

    /// <summary>Opcode BINUNICODE.</summary>
    public static string Text(string text) => "X" + Length(text.Length) + text;

    /// <summary>Four bytes of a length.</summary>
    public static string Length(int length)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        return Encoding.Latin1.GetString(bytes);
    }
}
