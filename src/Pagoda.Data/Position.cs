using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pagoda.Data;

/// <summary>Positions of streams as JSON text.</summary>
internal static class Position
{
    private static readonly JsonSerializerOptions Strict = new()
    {
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public static string Write<T>(T position) => JsonSerializer.Serialize(position);

    /// <param name="text">What <see cref="Write"/> gave.</param>
    /// <param name="stream">What it must be a position of, for the message.</param>
    public static T Read<T>(string text, string stream) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(text, Strict) ?? throw Wrong(text, stream);
        }
        catch (JsonException error)
        {
            throw Wrong(text, stream, error);
        }
    }

    public static DataException Wrong(string text, string stream, Exception? cause = null)
    {
        var shown = text.Length > 80 ? text[..80] + "..." : text;
        return new DataException($"\"{shown}\" is no position of {stream}; restore one that was saved with the same settings.", cause);
    }
}
