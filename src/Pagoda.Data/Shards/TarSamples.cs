using System.Formats.Tar;

namespace Pagoda.Data.Shards;

/// <summary>Reads webdataset shards: tar files whose neighbouring entries with one key form a sample.</summary>
public static class TarSamples
{
    /// <summary>
    /// Reads the samples of a shard in order. The key is the path up to the first dot of the file name; the rest, in lower
    /// case, is the part's name. A sample ends when the key changes or a part repeats (open_clip, <c>group_by_keys</c>).
    /// </summary>
    /// <exception cref="DataException">The file cannot be read or is no tar file.</exception>
    public static IEnumerable<TarSample> Read(string path)
    {
        using var stream = Open(path);
        using var reader = new TarReader(stream);
        string? key = null;
        var parts = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var index = 0;
        while (Next(reader, path) is { } entry)
        {
            var (entryKey, suffix) = Split(entry.Name);
            if (suffix is null || entry.DataStream is null)
            {
                continue;
            }

            if (key is not null && (key != entryKey || parts.ContainsKey(suffix)))
            {
                yield return new TarSample(path, index++, key, parts);
                parts = new Dictionary<string, byte[]>(StringComparer.Ordinal);
            }

            key = entryKey;
            parts.Add(suffix, Content(entry, path));
        }

        if (key is not null && parts.Count > 0)
        {
            yield return new TarSample(path, index, key, parts);
        }
    }

    /// <summary>The key and the lower-case extension of an entry's name; no extension for names that are no sample's part.</summary>
    internal static (string Key, string? Suffix) Split(string name)
    {
        var file = name.LastIndexOf('/') + 1;
        var dot = name.IndexOf('.', file);
        return dot <= file || dot == name.Length - 1 ? (name, null) : (name[..dot], name[(dot + 1)..].ToLowerInvariant());
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The shard {path} cannot be opened: {error.Message}", error);
        }
    }

    private static TarEntry? Next(TarReader reader, string path)
    {
        try
        {
            while (reader.GetNextEntry() is { } entry)
            {
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                {
                    return entry;
                }
            }

            return null;
        }
        // What the reader throws for a damaged header depends on the field.
        catch (Exception error) when (error is IOException or InvalidDataException or FormatException or ArgumentException
            or NotSupportedException or InvalidOperationException or OverflowException)
        {
            throw new DataException($"The shard {path} is not a sound tar file ({error.Message}); fetch or write it again.", error);
        }
    }

    private static byte[] Content(TarEntry entry, string path)
    {
        if (entry.Length > Array.MaxLength)
        {
            throw new DataException($"The entry {entry.Name} of the shard {path} has {entry.Length} bytes; a sample's file must be below 2 GB.");
        }

        try
        {
            // Grown as it is read, so that a header that lies about its size cannot claim memory the file does not have.
            using var content = new MemoryStream((int)Math.Min(entry.Length, 1 << 20));
            entry.DataStream!.CopyTo(content);
            if (content.Length != entry.Length)
            {
                throw new DataException($"The shard {path} ends within its entry {entry.Name}; fetch or write it again.");
            }

            return content.ToArray();
        }
        catch (Exception error) when (error is IOException or InvalidDataException or InvalidOperationException)
        {
            throw new DataException($"The shard {path} ends within its entry {entry.Name}; fetch or write it again.", error);
        }
    }
}
