using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Pagoda.Studio.Api;

/// <summary>Reads what a request says, and refuses what it should not.</summary>
internal static class Requests
{
    private const long MostJson = 1_000_000;
    private const int LongestName = 64;

    /// <summary>The body as JSON.</summary>
    /// <exception cref="ApiException">It is none, of another type, or too large.</exception>
    public static async Task<JsonNode?> JsonAsync(this HttpContext http)
    {
        // A page of another site can send forms and plain texts unasked, but not this type.
        if (http.Request.ContentType is not { } type || !type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
        {
            throw new ApiException(415, "invalid_request_error", "The body has to be JSON: send Content-Type: application/json.", null, "unsupported_media_type");
        }

        using var body = new MemoryStream(await BytesAsync(http, MostJson));
        return await StudioJson.ReadAsync(body, http.RequestAborted);
    }

    /// <summary>The body as it is.</summary>
    /// <param name="http">The request.</param>
    /// <param name="most">The most bytes.</param>
    /// <exception cref="ApiException">It has more.</exception>
    public static async Task<byte[]> BytesAsync(this HttpContext http, long most)
    {
        if (http.Request.ContentLength > most)
        {
            throw TooLarge(most);
        }

        using var copy = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (await http.Request.Body.ReadAsync(buffer, http.RequestAborted) is > 0 and var read)
        {
            if (copy.Length + read > most)
            {
                throw TooLarge(most);
            }

            copy.Write(buffer, 0, read);
        }

        return copy.ToArray();
    }

    /// <summary>The error for a body that is too large.</summary>
    public static ApiException TooLarge(long most) => new(413, "invalid_request_error", string.Create(CultureInfo.InvariantCulture, $"The body is larger than {most / 1e6:0.#} MB, which is the most that is taken here."), null, "too_large");

    /// <summary>A part of the path.</summary>
    public static string Route(this HttpContext http, string name) => (string)http.Request.RouteValues[name]!;

    /// <summary>A text of the query; null when it is not there.</summary>
    public static string? Query(this HttpContext http, string name) => http.Request.Query[name] is [{ Length: > 0 } value] ? value : null;

    /// <summary>How many are asked for.</summary>
    /// <exception cref="ApiException">It is no number of 1 to <paramref name="most"/>.</exception>
    public static int Limit(this HttpContext http, int most = 200, int otherwise = 50) => http.Query("limit") is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number
        : throw ApiException.Invalid($"limit is out of range; choose 1 to {most}.", "limit");

    /// <summary>Whose request it is: by the name that it gives itself, else by its address.</summary>
    public static string Client(this HttpContext http) =>
        http.Request.Headers["X-Pagoda-Client"] is [{ Length: > 0 and <= LongestName } name] ? name : http.Connection.RemoteIpAddress?.ToString() ?? "unknown";

    /// <summary>Whether the client wants events instead of an answer.</summary>
    public static bool WantsEvents(this HttpContext http) => http.Request.Headers.Accept.Any(type => type?.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase) == true);
}
