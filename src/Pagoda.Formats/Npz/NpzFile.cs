using System.IO.Compression;
using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Formats.Npz;

/// <summary>
/// numpy's .npz: a zip of .npy arrays, stored or deflated (numpy.savez, numpy.savez_compressed). Arrays of float32 and float64 are read
/// when they are asked for; nothing else in the file matters, and no Python object in it is ever made.
/// </summary>
public sealed class NpzFile : IDisposable
{
    private const string Extension = ".npy";
    private readonly MappedFile _file;
    private readonly ZipDirectory _zip;

    private NpzFile(MappedFile file) => (_file, _zip) = (file, new ZipDirectory(file));

    /// <summary>The arrays' names, without ".npy".</summary>
    public IEnumerable<string> Names => _zip.Entries.Keys.Where(name => name.EndsWith(Extension, StringComparison.Ordinal)).Select(name => name[..^Extension.Length]);

    /// <summary>Opens a file.</summary>
    /// <exception cref="NpzException">It is not there, or no zip, or damaged.</exception>
    public static NpzFile Open(string path)
    {
        MappedFile? file = null;
        try
        {
            file = new MappedFile(path);
            return new NpzFile(file);
        }
        catch (CheckpointException problem)
        {
            file?.Dispose();
            throw new NpzException(problem.Message.StartsWith(path, StringComparison.Ordinal) ? problem.Message : $"{path}: {problem.Message}.", problem);
        }
    }

    /// <summary>Writes arrays, stored without compression, so that numpy.load reads them; the file is there whole or not at all.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="arrays">Arrays of float32 or float64 by name.</param>
    /// <param name="overwrite">Whether a file that is there may be replaced.</param>
    /// <exception cref="ArgumentException">An array is of another type.</exception>
    /// <exception cref="IOException">The file exists and may not be replaced, or the disk refuses.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> arrays, bool overwrite = false)
    {
        var all = arrays.ToList();
        if (all.FirstOrDefault(array => array.Value.Type is not (ScalarType.Float32 or ScalarType.Float64)) is { Key: not null } other)
        {
            throw new ArgumentException($"Arrays are written as float32 or float64; {other.Key} is {other.Value}.", nameof(arrays));
        }

        AtomicFile.Write(path, overwrite, stream =>
        {
            using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            foreach (var (name, array) in all)
            {
                var entry = zip.CreateEntry(name + Extension, CompressionLevel.NoCompression);
                // The same arrays give the same file.
                entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using var content = entry.Open();
                content.Write(NpyHeader.Write(array.Type, array.Shape));
                content.Write(array.ToBytes());
            }
        });
    }

    /// <summary>Whether there is an array of that name.</summary>
    public bool Has(string name) => _zip.Entries.ContainsKey(name + Extension);

    /// <summary>Reads an array; on the processor, in the type it is stored in, its last index going fastest.</summary>
    /// <exception cref="NpzException">There is none of that name, it is damaged, or of a type that is not read.</exception>
    public Tensor Read(string name)
    {
        try
        {
            return _zip.Entries.TryGetValue(name + Extension, out var entry)
                ? Array(entry)
                : throw new NpzException($"there is none of that name, only {(Names.Any() ? string.Join(", ", Names.Take(8)) : "other files than arrays")}");
        }
        catch (Exception problem) when (problem is NpzException or CheckpointException)
        {
            throw new NpzException($"{_file.Path}: array {name}: {problem.Message}.", problem);
        }
    }

    /// <summary>Closes the file; arrays that were read stay.</summary>
    public void Dispose() => _file.Dispose();

    private Tensor Array(ZipEntry entry)
    {
        var bytes = _zip.Read(entry, System.Array.MaxLength);
        if (entry.Method == ZipEntry.Stored && Crc32.Of(bytes) != entry.Crc)
        {
            throw new NpzException("it does not match its check sum");
        }

        var header = NpyHeader.Read(bytes);
        var data = bytes.AsSpan(header.DataOffset);
        if (Elements(header.Shape) is not { } elements || elements != data.Length / header.Type.ByteSize() || data.Length % header.Type.ByteSize() != 0)
        {
            throw new NpzException($"its shape ({string.Join(", ", header.Shape)}) does not fit the {data.Length} bytes of numbers that follow");
        }

        if (!header.Fortran || header.Shape.Length < 2)
        {
            return Tensor.FromBytes(data, header.Type, header.Shape);
        }

        // The first index goes fastest: the array with its axes the other way round.
        using var scope = new TensorScope();
        var reversed = Tensor.FromBytes(data, header.Type, [.. header.Shape.Reverse()]);
        return scope.Keep(reversed.Permute([.. Enumerable.Range(0, header.Shape.Length).Select(axis => (long)header.Shape.Length - 1 - axis)]).Contiguous());
    }

    private static long? Elements(long[] shape)
    {
        long elements = 1;
        foreach (var size in shape)
        {
            if (size != 0 && elements > long.MaxValue / 8 / size)
            {
                return null;
            }

            elements *= size;
        }

        return elements;
    }
}
