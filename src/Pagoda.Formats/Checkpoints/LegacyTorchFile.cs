using System.Buffers.Binary;
using System.Numerics;

namespace Pagoda.Formats.Checkpoints;

/// <summary>
/// PyTorch's format before 1.6 (torch/serialization.py, <c>_legacy_save</c>): pickles of a magic number, a version, facts
/// of the system, the object and the list of storage keys; then for each key the number of elements and the elements.
/// </summary>
internal sealed class LegacyTorchFile : ITorchStorages
{
    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356");

    private readonly MappedFile file;
    private readonly Dictionary<string, StorageReference> described = [];
    private readonly Dictionary<string, (long Offset, long Length)> places = [];

    public LegacyTorchFile(MappedFile file)
    {
        this.file = file;
        var pickles = file.Span(0, Math.Min(file.Length, TorchArchive.MaximumPickle));
        var position = 0;
        if (Unpickle(pickles, ref position) is not BigInteger magic || magic != Magic)
        {
            throw new CheckpointException("it is a pickle, but not one of torch.save");
        }

        if (Unpickle(pickles, ref position) is not 1001L)
        {
            throw new CheckpointException("it is of a version of torch.save that is not known");
        }

        if (Unpickle(pickles, ref position) is not PickleDictionary system || (system.TryGet("little_endian", out var little) && little is not true))
        {
            throw new CheckpointException("it was saved on a big-endian machine; save it again on another");
        }

        Root = new Unpickler(Describe).Read(pickles, ref position);
        if (Unpickle(pickles, ref position) is not List<object?> keys)
        {
            throw new CheckpointException("it has no list of storages");
        }

        Place(keys, position);
    }

    /// <summary>The object that was saved.</summary>
    public object? Root { get; }

    public StorageBytes Find(StorageReference storage)
    {
        if (!places.TryGetValue(storage.Key, out var place))
        {
            throw new CheckpointException($"storage '{storage.Key}' is missing; the file is truncated or damaged");
        }

        return place.Offset <= file.Length - place.Length
            ? new StorageBytes(file.Address(place.Offset), place.Length, null)
            : throw new CheckpointException($"storage '{storage.Key}' ends after the file; it is truncated");
    }

    private object? Describe(object? persistentId)
    {
        var storage = TorchGlobals.Storage(persistentId);
        if (TorchTypes.Find(storage.Type) is null && storage.Type != TorchTypes.Untyped)
        {
            throw new CheckpointException($"storage '{storage.Key}' has unknown type '{storage.Type}'");
        }

        var whole = ((PickleTuple)persistentId!).Items[4] is long count ? storage with { Start = 0, Count = count } : storage;
        if (!described.TryAdd(storage.Key, whole) && described[storage.Key] != whole)
        {
            throw new CheckpointException($"storage '{storage.Key}' is described in two ways");
        }

        return storage;
    }

    private void Place(List<object?> keys, long position)
    {
        foreach (var key in keys)
        {
            if (key?.ToString() is not { } name || !described.TryGetValue(name, out var storage))
            {
                throw new CheckpointException($"its list of storages has '{key}', which nothing describes");
            }

            // What is cut off is reported when a tensor in it is read.
            if (position > file.Length - 8)
            {
                return;
            }

            var count = BinaryPrimitives.ReadInt64LittleEndian(file.Span(position, 8));
            if (count != storage.Count)
            {
                throw new CheckpointException($"storage '{name}' has {count} elements instead of {storage.Count}");
            }

            places[name] = (position + 8, count * storage.ElementSize);
            position += 8 + (count * storage.ElementSize);
        }
    }

    private static object? Unpickle(ReadOnlySpan<byte> pickles, ref int position) =>
        new Unpickler(_ => throw new CheckpointException("a storage has no place here")).Read(pickles, ref position);
}
