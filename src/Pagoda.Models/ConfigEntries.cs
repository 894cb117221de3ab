using System.Text.Json;
using System.Text.Json.Nodes;
using Pagoda.Formats;

namespace Pagoda.Models;

/// <summary>The entries of a folder's <c>config.json</c>, where several models may have theirs.</summary>
public static class ConfigEntries
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>Writes an entry; the others of a file that is there stay.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">The entry's name.</param>
    /// <param name="value">What it is to say.</param>
    /// <exception cref="InvalidDataException">The file that is there is no JSON object.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Set(string path, string key, JsonNode value)
    {
        var root = Existing(path, key);
        root[key] = value;
        AtomicFile.Write(path, overwrite: true, stream => JsonSerializer.Serialize(stream, root, s_indented));
    }

    private static JsonObject Existing(string path, string key)
    {
        try
        {
            return !File.Exists(path) ? []
                : JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new InvalidDataException($"{path} is no JSON object; the entry \"{key}\" cannot be added to it.");
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException($"{path} is not valid JSON, so the entry \"{key}\" cannot be added to it: {problem.Message}", problem);
        }
    }
}
