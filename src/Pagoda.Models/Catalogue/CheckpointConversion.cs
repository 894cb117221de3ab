using System.Runtime.InteropServices;
using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Models.Catalogue;

/// <summary>Writes a checkpoint of any kind again as safetensors.</summary>
public static class CheckpointConversion
{
    /// <summary>Writes every tensor under its name, one at a time.</summary>
    /// <param name="archive">What to convert.</param>
    /// <param name="path">The safetensors file.</param>
    /// <param name="type">Element type for the floating-point tensors; <see langword="null"/> keeps theirs. Integers stay as they are.</param>
    /// <param name="metadata">Strings to keep in the file.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <param name="cancellation">Stops between tensors; nothing is left behind.</param>
    /// <exception cref="CheckpointException">A tensor cannot be read, or has numbers that <paramref name="type"/> does not.</exception>
    /// <exception cref="IOException">The file exists, or the disk refuses.</exception>
    public static void Run(
        ITensorArchive archive,
        string path,
        ScalarType? type = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        bool overwrite = false,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(archive);
        var tensors = archive.Entries.Select(pair =>
        {
            var (name, entry) = pair;
            var wanted = type is { } chosen && entry.UnsupportedType is null && entry.Type.IsFloatingPoint() ? chosen : entry.Type;
            if (entry.UnsupportedType is { } unsupported)
            {
                throw new CheckpointException($"{archive.Path}: tensor '{name}' has element type {unsupported}, which Pagoda cannot convert.");
            }

            return new TensorToWrite(name, wanted, entry.Shape, stream =>
            {
                cancellation.ThrowIfCancellationRequested();
                stream.Write(wanted == entry.Type ? archive.ReadBytes(name) : Convert(archive, name, wanted));
            });
        });
        SafetensorsWriter.Write(path, [.. tensors], metadata, overwrite);
    }

    private static ReadOnlySpan<byte> Convert(ITensorArchive archive, string name, ScalarType type)
    {
        // Through single precision: only float64 to float64 would lose by it, and that is a copy.
        var floats = archive.ReadFloats(name);
        switch (type)
        {
            case ScalarType.Float32:
                return MemoryMarshal.AsBytes(floats.AsSpan());
            case ScalarType.BFloat16:
                var brain = new ushort[floats.Length];
                TensorConversion.ToBFloat16(floats, brain);
                return MemoryMarshal.AsBytes(brain.AsSpan());
            case ScalarType.Float16:
                return MemoryMarshal.AsBytes(Halves(archive, name, floats).AsSpan());
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Floating-point tensors become Float32, Float16 or BFloat16.");
        }
    }

    private static Half[] Halves(ITensorArchive archive, string name, float[] floats)
    {
        var halves = new Half[floats.Length];
        for (var i = 0; i < floats.Length; i++)
        {
            halves[i] = (Half)floats[i];
            if (Half.IsInfinity(halves[i]) && float.IsFinite(floats[i]))
            {
                throw new CheckpointException($"{archive.Path}: tensor '{name}' has the number {floats[i]:G6}, which float16 has not; use bfloat16.");
            }
        }

        return halves;
    }
}
