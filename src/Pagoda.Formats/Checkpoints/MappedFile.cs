using System.IO.MemoryMappedFiles;

namespace Pagoda.Formats.Checkpoints;

/// <summary>A file mapped into memory for reading, every access checked against its length.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? mapping;
    private readonly MemoryMappedViewAccessor? view;
    private readonly byte* start;
    private bool disposed;

    public MappedFile(string path)
    {
        Path = path;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0);
            Length = stream.Length;
            if (Length > 0)
            {
                mapping = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
                view = mapping.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
                view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
                start += view.PointerOffset;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            Dispose();
            throw new CheckpointException($"{path}: cannot be read ({e.Message})", e);
        }
    }

    public string Path { get; }

    public long Length { get; }

    /// <summary>Address of a byte; the caller has checked that what it reads from there lies within the file.</summary>
    public nint Address(long offset)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return (nint)(start + offset);
    }

    /// <summary>A piece of the file.</summary>
    /// <exception cref="CheckpointException">It is not all within the file; the message leaves the file to the caller.</exception>
    public ReadOnlySpan<byte> Span(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (offset < 0 || length < 0 || length > int.MaxValue || offset > Length - length)
        {
            throw new CheckpointException($"{length} bytes at {offset} are wanted, but the file has {Length}; it is truncated or damaged");
        }

        return new ReadOnlySpan<byte>(start + offset, (int)length);
    }

    public void Dispose()
    {
        if (!disposed)
        {
            disposed = true;
            if (start is not null)
            {
                view!.SafeMemoryMappedViewHandle.ReleasePointer();
            }

            view?.Dispose();
            mapping?.Dispose();
        }
    }
}
