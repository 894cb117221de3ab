using System.Buffers.Binary;
using Pagoda.Torch;

namespace Pagoda.Formats.Checkpoints;

/// <summary>
/// A safetensors file, memory-mapped: 8 bytes of header length, the JSON header, the tensors' bytes. Every rule of the
/// format is checked on opening (huggingface/safetensors, README, "Format"), so that reading cannot fail.
/// </summary>
public sealed class SafetensorsFile : ITensorArchive
{
    private readonly MappedFile file;
    private readonly OrderedDictionary<string, TensorEntry> entries = [];
    private readonly Dictionary<string, long> offsets = [];

    private SafetensorsFile(MappedFile file)
    {
        this.file = file;
        if (file.Length < 8)
        {
            throw Refuse($"it has {file.Length} bytes, too few for a safetensors file");
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(file.Span(0, 8));
        if (length > SafetensorsHeader.MaximumLength)
        {
            throw Refuse($"its header would have {length} bytes, more than the {SafetensorsHeader.MaximumLength} that safetensors allows; it is not a safetensors file");
        }

        if ((long)length > file.Length - 8)
        {
            throw Refuse($"its header would have {length} bytes, but only {file.Length - 8} follow; it is truncated or not a safetensors file");
        }

        SafetensorsHeader header;
        try
        {
            header = SafetensorsHeader.Parse(file.Span(8, (long)length));
        }
        catch (CheckpointException e)
        {
            throw Refuse(e.Message);
        }

        Metadata = header.Metadata;
        Place(header, 8 + (long)length);
    }

    /// <inheritdoc/>
    public string Path => file.Path;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorEntry> Entries => entries;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="CheckpointException">It cannot be read or breaks a rule of the format.</exception>
    public static SafetensorsFile Open(string path)
    {
        var file = new MappedFile(path);
        try
        {
            return new SafetensorsFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Read(string name, Span<byte> destination)
    {
        var entry = this.Find(name);
        this.CheckDestination(name, entry, destination);
        file.Span(offsets[name], entry.Bytes).CopyTo(destination);
    }

    /// <inheritdoc/>
    public nint Pointer(string name)
    {
        var entry = this.Find(name);
        var address = file.Address(offsets[name]);
        return address % entry.Type.ByteSize() == 0 ? address : 0;
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void Place(SafetensorsHeader header, long start)
    {
        long position = 0;
        (string Name, TensorEntry Entry, long Begin, long End) previous = default;
        foreach (var tensor in header.Tensors.OrderBy(tensor => (tensor.Begin, tensor.End)))
        {
            if (tensor.Begin > position)
            {
                throw Refuse($"nothing describes the {tensor.Begin - position} bytes before tensor '{tensor.Name}'");
            }

            if (tensor.Begin < position)
            {
                throw Refuse($"tensors '{previous.Name}' and '{tensor.Name}' overlap");
            }

            if (tensor.End > file.Length - start)
            {
                throw Refuse($"tensor '{tensor.Name}' ends {tensor.End} bytes into the data, but there are {file.Length - start}; the file is truncated");
            }

            entries.Add(tensor.Name, tensor.Entry);
            offsets.Add(tensor.Name, start + tensor.Begin);
            position = tensor.End;
            previous = tensor;
        }

        if (start + position != file.Length)
        {
            throw Refuse($"{file.Length - start - position} bytes follow its last tensor");
        }
    }

    private CheckpointException Refuse(string what) => new($"{file.Path}: {what}.");
}
