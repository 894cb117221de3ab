using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Prompts;
using Pagoda.Generation.Provenance;

namespace Pagoda.Evaluation.Pictures;

/// <summary>A picture that is measured, with what is known of it.</summary>
/// <param name="Number">Its place in the whole source, from 0.</param>
/// <param name="Name">What messages call it.</param>
/// <param name="Picture">RGB of 8 bits; transparency lies over white, of 16 bits the high 8 are left.</param>
/// <param name="Caption">The sentence that it is of, where one is known.</param>
/// <param name="Hash">SHA-256 of its file, in lower-case hexadecimal; of its pixels where it never was a file.</param>
public sealed record SourcePicture(int Number, string Name, Picture Picture, string? Caption, string Hash)
{
    private static readonly DecodeLimits s_asStored = DecodeLimits.Default with { ApplyOrientation = false };

    /// <summary>SHA-256 of the networks that painted it, as far as its own record names them.</summary>
    public IReadOnlyList<string> Painters { get; init; } = [];

    /// <summary>
    /// Decodes a file as the programs whose numbers are compared with do: pixels as they are stored, whatever EXIF says of turning them, as Pillow
    /// gives them. A PNG of Pagoda says its caption, where nobody else does, and what painted it.
    /// </summary>
    /// <param name="number">Its place in the source.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="file">The whole file.</param>
    /// <param name="caption">The sentence, where one is known.</param>
    /// <exception cref="PictureException">It cannot be decoded.</exception>
    public static SourcePicture Decode(int number, string name, byte[] file, string? caption)
    {
        var picture = PictureFile.Decode(file, name, s_asStored).ToRgb();
        var found = new SourcePicture(number, name, picture, caption, Convert.ToHexStringLower(SHA256.HashData(file)));
        return Record(file, name) is { } record ? found with { Caption = caption ?? SinglePrompt(record), Painters = Networks(record) } : found;
    }

    /// <summary>A picture that was painted just now.</summary>
    public static SourcePicture Painted(int number, string name, Picture picture, string caption)
    {
        var rgb = picture.ToRgb();
        return new SourcePicture(number, name, rgb, caption, Convert.ToHexStringLower(SHA256.HashData(rgb.Pixels)));
    }

    /// <summary>The record as JSON, not as today's Pagoda understands it: those of other versions name networks too.</summary>
    private static string? Record(byte[] file, string name)
    {
        // Most files have none; the word is looked for before all chunks are checked.
        if (file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(PaintingRecord.Keyword + "\0")) < 0)
        {
            return null;
        }

        try
        {
            return PictureFile.ReadPngTexts(file, name).FirstOrDefault(text => text.Keyword == PaintingRecord.Keyword)?.Text;
        }
        catch (PictureException)
        {
            return null;
        }
    }

    private static string? SinglePrompt(string record)
    {
        try
        {
            using var document = JsonDocument.Parse(record);
            return document.RootElement.TryGetProperty("prompt", out var prompt) && Prompt.Parse(prompt.GetString()!).Terms is [{ Weight: 1, IsPicture: false } one] ? one.Content : null;
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or GenerationException)
        {
            return null;
        }
    }

    private static string[] Networks(string record)
    {
        try
        {
            using var document = JsonDocument.Parse(record);
            return [.. Hashes(document.RootElement).Distinct()];
        }
        catch (JsonException)
        {
            return [];
        }

        static IEnumerable<string> Hashes(JsonElement element) => element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().SelectMany(pair => Hashes(pair.Value)),
            JsonValueKind.Array => element.EnumerateArray().SelectMany(Hashes),
            JsonValueKind.String when element.GetString() is { Length: 64 } text && text.All(char.IsAsciiHexDigit) => [text.ToLowerInvariant()],
            _ => [],
        };
    }
}
