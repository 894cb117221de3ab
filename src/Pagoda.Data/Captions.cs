using System.Text;
using System.Text.Json;

namespace Pagoda.Data;

/// <summary>Reads captions as they are stored beside pictures.</summary>
internal static class Captions
{
    /// <summary>One caption a line; blank lines are nothing.</summary>
    public static string[] FromText(ReadOnlySpan<byte> utf8) =>
        Encoding.UTF8.GetString(utf8).TrimStart('\uFEFF').Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The captions in a JSON object: a string or an array of strings under caption, captions or text; none if there are none.</summary>
    public static string[] FromJson(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8);
            using var document = JsonDocument.ParseValue(ref reader);
            return FromJson(document.RootElement);
        }
        catch (JsonException)
        {
            return [];
        }
    }

    public static string[] FromJson(JsonElement sample)
    {
        if (sample.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        foreach (var name in new[] { "caption", "captions", "text" })
        {
            if (!sample.TryGetProperty(name, out var value))
            {
                continue;
            }

            IEnumerable<JsonElement> values = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value];
            string[] captions = [.. values.Where(one => one.ValueKind == JsonValueKind.String)
                .Select(one => one.GetString()!.Trim()).Where(one => one.Length > 0)];
            if (captions.Length > 0)
            {
                return captions;
            }
        }

        return [];
    }
}
