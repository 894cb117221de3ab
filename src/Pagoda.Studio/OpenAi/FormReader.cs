using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Pagoda.Studio.Api;

namespace Pagoda.Studio.OpenAi;

/// <summary>A form with files, as it was sent: all of it in memory, each part bounded, and no name of a file taken.</summary>
/// <param name="Fields">The plain fields.</param>
/// <param name="Files">The files.</param>
internal sealed record SentForm(IReadOnlyList<(string Name, string Text)> Fields, IReadOnlyList<(string Name, byte[] Bytes)> Files)
{
    private const int MostParts = 64;
    private const int LongestBoundary = 70;
    private const long MostText = 200_000;

    /// <summary>Whether a request has one.</summary>
    public static bool IsSent(HttpRequest request) => request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Reads it.</summary>
    /// <param name="http">The request.</param>
    /// <param name="most">The most bytes of a file.</param>
    /// <exception cref="ApiException">It is no form, damaged, or too large.</exception>
    public static async Task<SentForm> ReadAsync(HttpContext http, long most)
    {
        var boundary = MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) ? HeaderUtilities.RemoveQuotes(type.Boundary).Value : null;
        if (string.IsNullOrEmpty(boundary) || boundary.Length > LongestBoundary)
        {
            throw Damaged("its Content-Type has no boundary that can be used");
        }

        var (fields, files) = (new List<(string, string)>(), new List<(string, byte[])>());
        try
        {
            var reader = new MultipartReader(boundary, http.Request.Body);
            while (await reader.ReadNextSectionAsync(http.RequestAborted) is { } part)
            {
                var head = part.GetContentDispositionHeader();
                if (head is null || HeaderUtilities.RemoveQuotes(head.Name).Value is not { Length: > 0 } name)
                {
                    throw Damaged("a part has no name");
                }

                if (fields.Count + files.Count == MostParts)
                {
                    throw ApiException.Invalid($"The form has more than {MostParts} parts.", code: "invalid_form");
                }

                if (head.IsFileDisposition())
                {
                    files.Add((name, await part.Body.BytesAsync(most, http.RequestAborted)));
                }
                else
                {
                    fields.Add((name, System.Text.Encoding.UTF8.GetString(await part.Body.BytesAsync(MostText, http.RequestAborted))));
                }
            }
        }
        catch (Exception problem) when (problem is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw Damaged("it is cut off or damaged");
        }

        return new SentForm(fields, files);
    }

    private static ApiException Damaged(string why) => ApiException.Invalid($"The form cannot be read: {why}.", code: "invalid_form");
}
