using System.Formats.Tar;
using System.Text;

namespace Pagoda.Tests.Data;

/// <summary>A folder that is gone when the test is over, and small shards in it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Directory.CreateDirectory(Path);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"pagoda-{Guid.NewGuid():N}");

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string Write(string name, byte[] content)
    {
        var path = File(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    public string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    public string Tar(string name, IEnumerable<(string Name, byte[] Content)> entries, TarEntryFormat format = TarEntryFormat.Ustar)
    {
        var path = File(name);
        using var stream = System.IO.File.Create(path);
        using var writer = new TarWriter(stream, format, leaveOpen: false);
        foreach (var (entryName, content) in entries)
        {
            TarEntry entry = format switch
            {
                TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, entryName),
                TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, entryName),
                _ => new UstarTarEntry(TarEntryType.RegularFile, entryName),
            };
            entry.DataStream = new MemoryStream(content);
            writer.WriteEntry(entry);
        }

        return path;
    }

    /// <summary>Shards of samples whose pictures are not pictures but their own names: enough for what does not decode.</summary>
    public string[] Shards(int shards, int samples) =>
    [
        .. Enumerable.Range(0, shards).Select(s => Tar($"{s:D5}.tar", Enumerable.Range(0, samples).SelectMany(i => new[]
        {
            ($"{s:D5}{i:D4}.jpg", Encoding.UTF8.GetBytes($"{s}/{i}")),
            ($"{s:D5}{i:D4}.txt", Encoding.UTF8.GetBytes($"sample {s}/{i}")),
        }))),
    ];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
