using System.Text.Json;

namespace Pagoda.Data.Folders;

/// <summary>
/// Reads the objects in the arrays of one large JSON object as a stream, one object at a time in memory: a file of
/// <c>{"images": [{...}, ...], "annotations": [{...}, ...]}</c> may be larger than memory.
/// </summary>
internal static class JsonObjects
{
    /// <param name="stream">The file.</param>
    /// <param name="visit">Told of each object: the name of its array, and the object itself, valid during the call.</param>
    /// <exception cref="JsonException">It is no JSON object.</exception>
    public static void Read(Stream stream, Action<string, JsonElement> visit)
    {
        var buffer = new byte[1 << 16];
        var (length, ended) = (0, false);
        var (state, section) = (default(JsonReaderState), "");
        while (true)
        {
            var reader = new Utf8JsonReader(buffer.AsSpan(0, length), ended, state);
            Visit(ref reader, ref section, visit);
            var consumed = (int)reader.BytesConsumed;
            state = reader.CurrentState;
            if (ended)
            {
                return;
            }

            // An object that does not fit asks for more room.
            buffer.AsSpan(consumed, length - consumed).CopyTo(buffer);
            length -= consumed;
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, 2 * buffer.Length);
            }

            var read = stream.Read(buffer, length, buffer.Length - length);
            (length, ended) = (length + read, read == 0);
        }
    }

    private static void Visit(ref Utf8JsonReader reader, ref string section, Action<string, JsonElement> visit)
    {
        while (true)
        {
            var before = reader;
            if (!reader.Read())
            {
                return;
            }

            if (reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.EndObject))
            {
                throw new JsonException("it is no object");
            }

            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
            {
                section = reader.GetString()!;
            }
            else if (reader.TokenType == JsonTokenType.StartObject && reader.CurrentDepth == 2)
            {
                if (!JsonDocument.TryParseValue(ref reader, out var document))
                {
                    reader = before;
                    return;
                }

                using (document)
                {
                    visit(section, document.RootElement);
                }
            }
        }
    }
}
