using System.Runtime.InteropServices;
using Pagoda.Torch;

namespace Pagoda.Formats.Checkpoints;

/// <summary>
/// Named tensors in a file or a set of files. Opening reads names, types and shapes; data is read when asked for.
/// Reading from several threads at once is safe; disposing while another thread reads is not.
/// </summary>
public interface ITensorArchive : IDisposable
{
    /// <summary>The file (or index, or folder) that was opened.</summary>
    string Path { get; }

    /// <summary>The tensors by name, in the order of the file.</summary>
    IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    /// <summary>What the file says about itself in strings.</summary>
    IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Copies a tensor, contiguous and row-major, in the element type and little-endian order of the file.</summary>
    /// <param name="name">Name of the tensor in <see cref="Entries"/>.</param>
    /// <param name="destination">Exactly <see cref="TensorEntry.Bytes"/> bytes.</param>
    /// <exception cref="CheckpointException">No such tensor, a type Pagoda does not have, or damaged data.</exception>
    /// <exception cref="ArgumentException">The destination has another size than the tensor.</exception>
    void Read(string name, Span<byte> destination);

    /// <summary>
    /// Address of the tensor's <see cref="TensorEntry.Bytes"/> bytes in the mapped file, to read from and never write
    /// to, valid until the archive is disposed; zero where the file does not have them contiguous, uncompressed and
    /// aligned to the element size, so that <see cref="Read"/> is the only way.
    /// </summary>
    /// <exception cref="CheckpointException">No such tensor, a type Pagoda does not have, or damaged data.</exception>
    nint Pointer(string name);
}

/// <summary>Shortcuts for reading whole tensors.</summary>
public static class TensorArchiveReading
{
    /// <summary>The tensor's bytes, row-major, little-endian.</summary>
    /// <exception cref="CheckpointException">See <see cref="ITensorArchive.Read"/>; or it is larger than 2 GB.</exception>
    public static byte[] ReadBytes(this ITensorArchive archive, string name)
    {
        var bytes = new byte[SizeInMemory(archive, name, 1)];
        archive.Read(name, bytes);
        return bytes;
    }

    /// <summary>The tensor as single-precision numbers, converted from whatever type it has.</summary>
    /// <exception cref="CheckpointException">See <see cref="ITensorArchive.Read"/>; or it is larger than 2 GB.</exception>
    public static float[] ReadFloats(this ITensorArchive archive, string name)
    {
        var entry = archive.Find(name);
        var floats = new float[SizeInMemory(archive, name, 4) / entry.Type.ByteSize()];
        if (entry.Type == ScalarType.Float32)
        {
            archive.Read(name, MemoryMarshal.AsBytes(floats.AsSpan()));
        }
        else
        {
            TensorConversion.ToFloat32(archive.ReadBytes(name), entry.Type, floats);
        }

        return floats;
    }

    /// <summary>The entry of a name, or the sentence that there is none.</summary>
    internal static TensorEntry Find(this ITensorArchive archive, string name)
    {
        if (!archive.Entries.TryGetValue(name, out var entry))
        {
            throw new CheckpointException($"{archive.Path}: there is no tensor '{name}' among its {archive.Entries.Count}.");
        }

        return entry.UnsupportedType is { } type
            ? throw new CheckpointException($"{archive.Path}: tensor '{name}' has element type {type}, which Pagoda cannot read; convert it to F32, F16 or BF16 first.")
            : entry;
    }

    /// <summary>Refuses a destination that is not as large as the tensor.</summary>
    internal static void CheckDestination(this ITensorArchive archive, string name, TensorEntry entry, Span<byte> destination)
    {
        if (destination.Length != entry.Bytes)
        {
            throw new ArgumentException($"{archive.Path}: tensor '{name}' has {entry.Bytes} bytes, the destination {destination.Length}.", nameof(destination));
        }
    }

    private static int SizeInMemory(ITensorArchive archive, string name, int widening)
    {
        var entry = archive.Find(name);
        return entry.Bytes <= Array.MaxLength && entry.Elements <= Array.MaxLength / widening
            ? (int)entry.Bytes
            : throw new CheckpointException($"{archive.Path}: tensor '{name}' has {entry.Bytes} bytes, more than one array holds; use its pointer.");
    }
}
