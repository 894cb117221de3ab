using Microsoft.Win32.SafeHandles;

namespace Pagoda.Formats.Tar;

/// <summary>A tar archive on disk with its files at hand. Reading from several threads at once is safe.</summary>
public sealed class TarFile : IDisposable
{
    private readonly SafeFileHandle handle;

    private TarFile(string path, IReadOnlyList<TarEntry> entries)
    {
        Path = path;
        Entries = entries;
        handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
    }

    /// <summary>The archive.</summary>
    public string Path { get; }

    /// <summary>Its files in order; names can occur more than once.</summary>
    public IReadOnlyList<TarEntry> Entries { get; }

    /// <summary>Opens an archive and lists its files, reading their headers only.</summary>
    /// <exception cref="TarException">It cannot be read, is truncated or damaged.</exception>
    public static TarFile Open(string path)
    {
        try
        {
            return new TarFile(path, [.. List(path)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TarException($"{path}: cannot be read ({e.Message})", e);
        }
    }

    /// <summary>
    /// The files of an archive, one after another as their headers are read: those before the place where it is
    /// truncated or damaged come out before the exception.
    /// </summary>
    /// <exception cref="TarException">It is truncated or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IEnumerable<TarEntry> List(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 4096);
        var tar = new TarStream(stream, path);
        while (tar.TryNext(out var entry))
        {
            if (entry.Offset + entry.Length > stream.Length)
            {
                throw new TarException($"{path}: it is truncated within '{entry.Name}', whose {entry.Length} bytes begin at offset {entry.Offset}.");
            }

            yield return entry;
        }
    }

    /// <summary>The content of a file.</summary>
    /// <exception cref="TarException">The archive has become shorter, or the file is larger than 2 GB.</exception>
    public byte[] Read(TarEntry entry)
    {
        if (entry.Length > Array.MaxLength)
        {
            throw new TarException($"{Path}: '{entry.Name}' has {entry.Length} bytes, more than one array holds.");
        }

        var content = new byte[entry.Length];
        for (var done = 0; done < content.Length;)
        {
            var read = RandomAccess.Read(handle, content.AsSpan(done), entry.Offset + done);
            done += read > 0 ? read : throw new TarException($"{Path}: it ends within '{entry.Name}' at offset {entry.Offset + done}; it has been cut since it was opened.");
        }

        return content;
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();
}
