using Pagoda.Torch;

namespace Pagoda.Formats.Checkpoints;

/// <summary>A tensor for <see cref="SafetensorsWriter"/>: what it is, and where its bytes come from.</summary>
public sealed class TensorToWrite
{
    private readonly Action<Stream> write;

    /// <summary>A tensor whose bytes are produced when its turn comes, so that not all need be in memory at once.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="shape">Its shape; empty for a scalar.</param>
    /// <param name="write">Writes its bytes: contiguous, row-major, little-endian.</param>
    public TensorToWrite(string name, ScalarType type, long[] shape, Action<Stream> write)
    {
        Name = name;
        Entry = new TensorEntry(type, shape);
        this.write = write;
    }

    /// <summary>A tensor in memory.</summary>
    public TensorToWrite(string name, ScalarType type, long[] shape, ReadOnlyMemory<byte> bytes)
        : this(name, type, shape, stream => stream.Write(bytes.Span))
    {
    }

    /// <summary>A tensor in memory of libtorch or another library: contiguous, and alive until it has been written.</summary>
    public TensorToWrite(string name, ScalarType type, long[] shape, nint pointer)
        : this(name, type, shape, stream => WriteFrom(pointer, TensorEntry.Count(shape) * type.ByteSize(), stream))
    {
    }

    /// <summary>Name of the tensor.</summary>
    public string Name { get; }

    /// <summary>Type and shape of the tensor.</summary>
    public TensorEntry Entry { get; }

    /// <summary>Writes the bytes.</summary>
    internal void WriteTo(Stream stream) => write(stream);

    private static unsafe void WriteFrom(nint pointer, long bytes, Stream stream)
    {
        const int Piece = 1 << 24;
        for (long done = 0; done < bytes; done += Piece)
        {
            stream.Write(new ReadOnlySpan<byte>((byte*)pointer + done, (int)Math.Min(Piece, bytes - done)));
        }
    }
}
