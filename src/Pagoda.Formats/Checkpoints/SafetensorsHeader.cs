using System.Text.Json;
using Pagoda.Torch;

namespace Pagoda.Formats.Checkpoints;

/// <summary>
/// Reads the JSON header of a safetensors file: <c>{"name": {"dtype", "shape", "data_offsets"}, ...}</c> with an optional
/// <c>__metadata__</c> of strings (huggingface/safetensors, README, "Format").
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The reference implementation's limit; more is an attack or another kind of file.</summary>
    public const long MaximumLength = 100_000_000;

    public OrderedDictionary<string, string> Metadata { get; } = [];

    public List<(string Name, TensorEntry Entry, long Begin, long End)> Tensors { get; } = [];

    /// <summary>Parses the header; offsets are checked against the entries' sizes but not against each other.</summary>
    /// <exception cref="CheckpointException">It is malformed; the message leaves the file to the caller.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json)
    {
        var header = new SafetensorsHeader();
        try
        {
            var reader = new Utf8JsonReader(json);
            header.ReadAll(ref reader);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is how the reader says that a string is not UTF-8.
            throw new CheckpointException($"its header is not valid JSON ({e.Message})", e);
        }

        return header;
    }

    private void ReadAll(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject || reader.TokenStartIndex != 0)
        {
            throw new CheckpointException("its header does not begin with a JSON object");
        }

        var names = new HashSet<string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!names.Add(name))
            {
                throw new CheckpointException($"its header has '{name}' twice");
            }

            reader.Read();
            if (name == "__metadata__")
            {
                ReadMetadata(ref reader);
            }
            else
            {
                Tensors.Add(ReadTensor(ref reader, name));
            }
        }

        if (reader.Read())
        {
            throw new CheckpointException("its header goes on after the JSON object");
        }
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new CheckpointException("its __metadata__ is not a JSON object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                throw new CheckpointException($"its __metadata__ '{key}' is not a string");
            }

            if (!Metadata.TryAdd(key, reader.GetString()!))
            {
                throw new CheckpointException($"its __metadata__ has '{key}' twice");
            }
        }
    }

    private static (string, TensorEntry, long, long) ReadTensor(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new CheckpointException($"its header's entry for tensor '{name}' is not a JSON object");
        }

        string? type = null;
        long[]? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            var again = key switch { "dtype" => type is not null, "shape" => shape is not null, "data_offsets" => offsets is not null, _ => false };
            if (again)
            {
                throw new CheckpointException($"tensor '{name}' has {key} twice");
            }

            switch (key)
            {
                case "dtype":
                    type = reader.TokenType == JsonTokenType.String ? reader.GetString() : throw new CheckpointException($"tensor '{name}' has a dtype that is not a string");
                    break;
                case "shape":
                    shape = ReadNumbers(ref reader, name, key);
                    break;
                case "data_offsets":
                    offsets = ReadNumbers(ref reader, name, key);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (type is null || shape is null || offsets is not { Length: 2 })
        {
            var missing = type is null ? "no dtype" : shape is null ? "no shape" : "no pair of data_offsets";
            throw new CheckpointException($"tensor '{name}' has {missing}");
        }

        var (entry, bytes) = Describe(name, type, shape);
        if (offsets[1] - offsets[0] != bytes)
        {
            throw new CheckpointException($"tensor '{name}' ({type} [{string.Join(", ", shape)}]) takes {bytes} bytes, but its data_offsets [{offsets[0]}, {offsets[1]}] hold {offsets[1] - offsets[0]}");
        }

        return (name, entry, offsets[0], offsets[1]);
    }

    private static (TensorEntry Entry, long Bytes) Describe(string name, string type, long[] shape)
    {
        try
        {
            if (SafetensorsType.TryParse(type, out var scalarType))
            {
                var entry = new TensorEntry(scalarType, shape);
                return (entry, entry.Bytes);
            }

            if (SafetensorsType.TryGetBitsOfUnsupported(type, out var bits))
            {
                var entry = TensorEntry.Unsupported(type, shape);
                var (bytes, rest) = Math.DivRem(checked(entry.Elements * bits), 8);
                return rest == 0 ? (entry, bytes) : throw new CheckpointException($"tensor '{name}' ({type} [{string.Join(", ", shape)}]) does not fill whole bytes");
            }
        }
        catch (OverflowException)
        {
            throw new CheckpointException($"tensor '{name}' has shape [{string.Join(", ", shape)}], larger than 64 bits can count");
        }

        throw new CheckpointException($"tensor '{name}' has dtype '{type}', which safetensors does not have");
    }

    private static long[] ReadNumbers(ref Utf8JsonReader reader, string name, string key)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new CheckpointException($"tensor '{name}' has a {key} that is not a JSON array");
        }

        var numbers = new List<long>(4);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
            {
                throw new CheckpointException($"tensor '{name}' has a {key} with something other than a natural number below 2^63");
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }
}
