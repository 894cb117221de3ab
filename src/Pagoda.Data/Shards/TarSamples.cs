using System.IO.Compression;
using Pagoda.Formats.Tar;

namespace Pagoda.Data.Shards;

/// <summary>Reads webdataset shards: tar files, also gzipped, whose neighbouring entries with one key form a sample.</summary>
public static class TarSamples
{
    /// <summary>The most bytes of a sample's file; larger ones are passed over.</summary>
    internal const long LargestFile = 1L << 29;

    /// <summary>
    /// Reads the samples of a shard in order. The key is the path up to the first dot of the file name; the rest, in lower
    /// case, is the part's name. A sample ends when the key changes or a part repeats (open_clip, <c>group_by_keys</c>).
    /// Of a shard that is cut or damaged, the samples before that place come first.
    /// </summary>
    /// <exception cref="DataException">
    /// The file cannot be read, is no tar file, or is cut or damaged; with a <see cref="Defect"/>. It follows the samples before.
    /// </exception>
    public static IEnumerable<TarSample> Read(string path) => Read(path, _ => true);

    /// <summary>Reads only the samples whose numbers are wanted; the bytes of the others are passed over.</summary>
    /// <exception cref="DataException">As for <see cref="Read(string)"/>.</exception>
    internal static IEnumerable<TarSample> Read(string path, Func<int, bool> wanted)
    {
        using var stream = Open(path);
        var tar = new TarStream(stream, path);
        var (index, key, seen) = (-1, "", new HashSet<string>(StringComparer.Ordinal));
        var parts = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        string? tooLarge = null;
        DataException? failure;
        while (TryNext(tar, path, out var entry, out failure))
        {
            var (entryKey, suffix) = Split(entry.Name);
            if (suffix is null)
            {
                continue;
            }

            if (index < 0 || key != entryKey || seen.Contains(suffix))
            {
                if (index >= 0 && wanted(index))
                {
                    yield return new TarSample(path, index, key, parts) { TooLarge = tooLarge };
                }

                (index, key, parts, tooLarge) = (index + 1, entryKey, new Dictionary<string, byte[]>(StringComparer.Ordinal), null);
                seen.Clear();
            }

            seen.Add(suffix);
            if (!wanted(index))
            {
                continue;
            }

            if (entry.Length > LargestFile)
            {
                tooLarge ??= entry.Name;
            }
            else if (!TryRead(tar, path, out var content, out failure))
            {
                break;
            }
            else
            {
                parts.Add(suffix, content);
            }
        }

        if (index >= 0 && wanted(index))
        {
            yield return new TarSample(path, index, key, parts) { TooLarge = tooLarge, MayBeCut = failure is not null };
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>The key and the lower-case extension of an entry's name; no extension for names that are no sample's part.</summary>
    internal static (string Key, string? Suffix) Split(string name)
    {
        var file = name.LastIndexOf('/') + 1;
        var dot = name.IndexOf('.', file);
        return dot <= file || dot == name.Length - 1 ? (name, null) : (name[..dot], name[(dot + 1)..].ToLowerInvariant());
    }

    private static Stream Open(string path)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            if (file.Length == 0)
            {
                throw new DataException(Defect.UnreadableShard, $"{path} is empty; fetch or write it again.");
            }

            // Python's tarfile, which webdataset reads with, takes gzipped shards as well.
            var gzipped = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
            file.Position = 0;
            return gzipped ? new GZipStream(file, CompressionMode.Decompress) : file;
        }
        catch (Exception error)
        {
            file?.Dispose();
            throw error is IOException or UnauthorizedAccessException ? Unreadable(path, error) : error;
        }
    }

    private static bool TryNext(TarStream tar, string path, out TarEntry entry, out DataException? failure)
    {
        var (found, next) = (false, default(TarEntry));
        failure = Failure(path, () => found = tar.TryNext(out next));
        entry = next;
        if (failure is null && !found && !tar.EndedProperly)
        {
            failure = new DataException(Defect.TruncatedShard, $"{path} ends without the zeros that close a tar file: it may have been cut; fetch or write it again.");
        }

        return failure is null && found;
    }

    private static bool TryRead(TarStream tar, string path, out byte[] content, out DataException? failure)
    {
        byte[] read = [];
        failure = Failure(path, () => read = tar.ReadContent());
        content = read;
        return failure is null;
    }

    private static DataException? Failure(string path, Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (TarException error)
        {
            return new DataException(error.IsTruncation ? Defect.TruncatedShard : Defect.DamagedShard, $"{error.Message} Fetch or write it again.", error);
        }
        catch (InvalidDataException error)
        {
            return new DataException(Defect.DamagedShard, $"{path}: its gzip compression is damaged ({error.Message}); fetch or write it again.", error);
        }
        catch (IOException error)
        {
            return Unreadable(path, error);
        }
    }

    private static DataException Unreadable(string path, Exception error) => new(Defect.UnreadableShard, $"{path} cannot be read: {error.Message}", error);
}
