using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Pagoda.Studio;

/// <summary>How Studio writes and reads JSON.</summary>
internal static class StudioJson
{
    // Deep enough for anything that is asked for here, and too shallow to be an attack.
    private const int Depth = 32;

    /// <summary>Camel case, kinds by name, nothing that is null.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = Depth,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false), new JsonNumbers() },
    };

    /// <summary>Reads JSON from a stranger: no comments, no name twice.</summary>
    /// <exception cref="ApiException">It is no JSON.</exception>
    public static async Task<JsonNode?> ReadAsync(Stream body, CancellationToken cancel)
    {
        try
        {
            return await JsonNode.ParseAsync(body, null, new JsonDocumentOptions { MaxDepth = Depth, AllowDuplicateProperties = false }, cancel);
        }
        catch (JsonException problem)
        {
            throw ApiException.Invalid($"The body is no JSON: {problem.Message}", code: "invalid_json");
        }
    }

    /// <summary>The number as it is if JavaScript can hold it, its digits as text otherwise.</summary>
    private sealed class JsonNumbers : JsonConverter<ulong>
    {
        public override ulong Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String ? ulong.Parse(reader.GetString()!, System.Globalization.CultureInfo.InvariantCulture) : reader.GetUInt64();

        public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options)
        {
            if (value < 1UL << 53)
            {
                writer.WriteNumberValue(value);
            }
            else
            {
                writer.WriteStringValue(value.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }
        }
    }
}
