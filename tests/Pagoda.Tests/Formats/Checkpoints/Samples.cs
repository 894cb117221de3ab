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
