using System.Text;
using System.Text.Json;

namespace Pagoda.Data;

/// <summary>Reads captions as they are stored beside pictures.</summary>
internal static class Captions
{
    /// <summary>One caption a line; blank lines are nothing.</summary>
    public static string[] FromText(ReadOnlySpan<byte> utf8) =>
        Encoding.UTF8.GetString(utf8).TrimStart('\uFEFF').Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>
    /// The captions of a picture from the files beside it: its text, or else its JSON. Where the JSON has img2dataset's
    /// <c>status</c>, it must be <c>success</c>.
    /// </summary>
    /// <param name="name">What messages call the picture.</param>
    /// <param name="text">The content of its .txt, if it has one.</param>
    /// <param name="json">The content of its .json, if it has one.</param>
    /// <exception cref="DataException">There are none, or the picture was not fetched; with a <see cref="Defect"/>.</exception>
    public static string[] Beside(string name, byte[]? text, byte[]? json)
    {
        using var document = Parse(json);
        if (document?.RootElement is { ValueKind: JsonValueKind.Object } facts && facts.TryGetProperty("status", out var status)
            && status.ValueKind == JsonValueKind.String && status.GetString() is { } said && said != "success")
        {
            throw new DataException(Defect.NotDownloaded, $"{name}: img2dataset could not fetch it ({said}).");
        }

        string[] captions = text is null ? [] : FromText(text);
        captions = captions.Length == 0 && document is not null ? FromJson(document.RootElement) : captions;
        return captions.Length > 0 ? captions
            : json is null ? throw new DataException(Defect.NoCaption, $"{name} has no caption (a .txt or .json with text in it).")
            : throw new DataException(Defect.WrongJson, $"{name} has no caption: its .json is no JSON object with a text under caption, captions or text.");
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

    private static JsonDocument? Parse(byte[]? json)
    {
        try
        {
            return json is null ? null : JsonDocument.Parse(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
