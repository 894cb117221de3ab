using System.Text.Json.Nodes;
using Pagoda.Formats.Images;
using Pagoda.Studio.Jobs;

namespace Pagoda.Studio.OpenAi;

/// <summary>Pictures that stand in JSON: as a data URL, as base64 alone, or as the id of one that is stored here.</summary>
internal static class SentPicture
{
    /// <summary>Reads one.</summary>
    /// <exception cref="ApiException">It is none, or not there.</exception>
    public static async Task<Picture> ReadAsync(PictureStore files, StudioLimits limits, JsonNode? given, string param, CancellationToken cancel)
    {
        if (given is not JsonValue value || !value.TryGetValue<string>(out var text) || text.Length == 0)
        {
            throw ApiException.Invalid($"{param} is no picture; give a data URL (data:image/png;base64,…) or a picture's id.", param);
        }

        if (PictureStore.IsId(text))
        {
            return await files.DecodeAsync(await File.ReadAllBytesAsync(files.Find(text) ?? throw ApiException.Missing($"{param}: there is no such picture.", param, "picture_not_found"), cancel), param, cancel);
        }

        if (text.StartsWith("http:", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
        {
            throw ApiException.Invalid($"{param} is an address, and this server fetches nothing; give a data URL (data:image/png;base64,…) or a picture's id.", param);
        }

        const string Mark = ";base64,";
        var from = text.StartsWith("data:", StringComparison.OrdinalIgnoreCase) && text.IndexOf(Mark, StringComparison.OrdinalIgnoreCase) is >= 0 and var at ? at + Mark.Length : 0;
        var bytes = new byte[((text.Length - from) / 4 * 3) + 3];
        if (!Convert.TryFromBase64Chars(text.AsSpan(from), bytes, out var length))
        {
            throw ApiException.Invalid($"{param} is neither base64 nor a picture's id.", param, "invalid_image");
        }

        return length <= limits.UploadBytes
            ? await files.DecodeAsync(bytes[..length], param, cancel)
            : throw Api.Requests.TooLarge(limits.UploadBytes);
    }
}
