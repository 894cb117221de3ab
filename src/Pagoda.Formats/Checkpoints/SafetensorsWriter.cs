using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pagoda.Torch;

namespace Pagoda.Formats.Checkpoints;

/// <summary>
/// Writes safetensors files: the same tensors give the same bytes, whatever order they come in. As in the reference
/// implementation larger element types come first, then names in ordinal order, and the header is padded with spaces
/// to a multiple of 8, which aligns every tensor to its element size.
/// </summary>
public static class SafetensorsWriter
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file, whole or not at all (<see cref="AtomicFile"/>).</summary>
    /// <param name="path">Where to.</param>
    /// <param name="tensors">The tensors; their bytes are asked for one after another while writing.</param>
    /// <param name="metadata">Strings to keep with them.</param>
    /// <param name="overwrite">Whether a file that is already there may be replaced.</param>
    /// <exception cref="CheckpointException">Two tensors of one name, an impossible name, or bytes that do not match a shape.</exception>
    /// <exception cref="IOException">The file exists and may not be replaced, or the disk refuses.</exception>
    public static void Write(string path, IEnumerable<TensorToWrite> tensors, IReadOnlyDictionary<string, string>? metadata = null, bool overwrite = false)
    {
        var ordered = tensors.OrderByDescending(tensor => tensor.Entry.Type.ByteSize()).ThenBy(tensor => tensor.Name, StringComparer.Ordinal).ToList();
        var header = Header(path, ordered, metadata ?? new Dictionary<string, string>());
        AtomicFile.Write(path, overwrite, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (var tensor in ordered)
            {
                var before = stream.Position;
                tensor.WriteTo(stream);
                if (stream.Position - before != tensor.Entry.Bytes)
                {
                    throw new CheckpointException($"{path}: tensor '{tensor.Name}' ({tensor.Entry}) needs {tensor.Entry.Bytes} bytes, but {stream.Position - before} were given.");
                }
            }
        });
    }

    private static byte[] Header(string path, List<TensorToWrite> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, Json);
        writer.WriteStartObject();
        if (metadata.Count > 0)
        {
            writer.WriteStartObject("__metadata__");
            foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                writer.WriteString(Checked(path, key), Checked(path, value));
            }

            writer.WriteEndObject();
        }

        var names = new HashSet<string> { "__metadata__" };
        long position = 0;
        foreach (var tensor in tensors)
        {
            if (!names.Add(tensor.Name))
            {
                throw new CheckpointException($"{path}: the name '{tensor.Name}' is taken; every tensor needs its own.");
            }

            writer.WriteStartObject(Checked(path, tensor.Name));
            writer.WriteString("dtype", SafetensorsType.Name(tensor.Entry.Type));
            WriteArray(writer, "shape", tensor.Entry.Shape);
            WriteArray(writer, "data_offsets", [position, position += tensor.Entry.Bytes]);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.Flush();
        var padding = -buffer.WrittenCount & 7;
        buffer.GetSpan(8)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        return buffer.WrittenCount <= SafetensorsHeader.MaximumLength
            ? buffer.WrittenSpan.ToArray()
            : throw new CheckpointException($"{path}: names and metadata take {buffer.WrittenCount} bytes, more than the {SafetensorsHeader.MaximumLength} that safetensors allows.");
    }

    private static void WriteArray(Utf8JsonWriter writer, string name, ReadOnlySpan<long> numbers)
    {
        writer.WriteStartArray(name);
        foreach (var number in numbers)
        {
            writer.WriteNumberValue(number);
        }

        writer.WriteEndArray();
    }

    /// <summary>Refuses strings with half a surrogate pair, which have no UTF-8.</summary>
    private static string Checked(string path, string text)
    {
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var consumed) != OperationStatus.Done)
            {
                throw new CheckpointException($"{path}: '{text}' is not valid Unicode and cannot be written.");
            }

            rest = rest[consumed..];
        }

        return text;
    }
}
