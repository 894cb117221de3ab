namespace Pagoda.Formats.Checkpoints;

/// <summary>Bytes of a storage: in the mapped file, or decompressed in a pinned array.</summary>
internal readonly record struct StorageBytes(nint Address, long Length, byte[]? Decompressed);

/// <summary>Finds the bytes of storages in a checkpoint, when they are asked for and not before.</summary>
internal interface ITorchStorages
{
    /// <summary>The bytes of a storage.</summary>
    /// <exception cref="CheckpointException">They are missing or damaged; the message leaves the file to the caller.</exception>
    StorageBytes Find(StorageReference storage);
}

/// <summary>Storages as entries of a zip archive: <c>root/data/key</c>.</summary>
internal sealed class ZipStorages(MappedFile file, ZipDirectory zip, string root) : ITorchStorages
{
    private readonly Lock gate = new();
    private (string Key, StorageBytes Bytes) last;

    public unsafe StorageBytes Find(StorageReference storage)
    {
        var name = $"{root}data/{storage.Key}";
        if (!zip.Entries.TryGetValue(name, out var entry))
        {
            throw new CheckpointException($"the archive has no entry '{name}'; it is incomplete");
        }

        if (entry.Method == ZipEntry.Stored)
        {
            return new StorageBytes(file.Address(zip.DataOffset(entry)), entry.Size, null);
        }

        // Views of one storage tend to be read one after another.
        lock (gate)
        {
            if (last.Key != storage.Key)
            {
                var content = zip.Read(entry, int.MaxValue);
                fixed (byte* address = content)
                {
                    last = (storage.Key, new StorageBytes((nint)address, content.Length, content));
                }
            }

            return last.Bytes;
        }
    }
}
