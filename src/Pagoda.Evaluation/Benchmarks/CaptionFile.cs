using System.Globalization;
using System.Text.Json;

namespace Pagoda.Evaluation.Benchmarks;

/// <summary>A caption and the photograph that it tells of.</summary>
/// <param name="Image">The photograph's number or name.</param>
/// <param name="Caption">The sentence.</param>
public sealed record ImageCaption(string Image, string Caption);

/// <summary>
/// Captions of photographs, as MS-COCO has them: the official <c>captions_*.json</c>, a table with the columns <c>image_id</c> and <c>caption</c>
/// (.tsv), or a caption a line, each of a photograph of its own (.txt).
/// </summary>
public static class CaptionFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It has no captions, or is of another form.</exception>
    public static IReadOnlyList<ImageCaption> Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"{path} is not there; --captions names a file of captions.");
        }

        IReadOnlyList<ImageCaption> captions = Path.GetExtension(path).ToLowerInvariant() switch { ".json" => Official(path), ".tsv" => Table(path), _ => Lines(path) };
        return captions.Count > 0 ? captions : throw new InvalidDataException($"{path} has no captions.");
    }

    /// <summary>
    /// Draws one caption each of so many photographs. What is drawn depends on the seed and the captions alone, not on their order in the file,
    /// and the first of a longer draw are those of a shorter.
    /// </summary>
    /// <exception cref="InvalidDataException">There are fewer photographs.</exception>
    public static IReadOnlyList<ImageCaption> Draw(IReadOnlyList<ImageCaption> captions, int count, ulong seed)
    {
        var images = captions.GroupBy(one => one.Image).ToList();
        return images.Count < count
            ? throw new InvalidDataException($"There are captions of {images.Count} photographs, and {count} were asked for, one of each; give a smaller --count or a larger file.")
            : [.. images.Select(image => (Place: Draw(seed, image.Key), Image: image)).OrderBy(one => one.Place).ThenBy(one => one.Image.Key, StringComparer.Ordinal).Take(count).Select(one => One(one.Image))];

        ImageCaption One(IEnumerable<ImageCaption> image) => image.MinBy(one => (Draw(seed, $"{one.Image}\n{one.Caption}"), one.Caption))!;
    }

    // FNV-1a over the seed and the words, mixed as SplitMix64 does: a place in the draw that nothing else decides.
    private static ulong Draw(ulong seed, string words)
    {
        var hash = 14695981039346656037UL ^ seed;
        foreach (var letter in words)
        {
            hash = (hash ^ letter) * 1099511628211UL;
        }

        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBUL;
        return hash ^ (hash >> 31);
    }

    private static List<ImageCaption> Official(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return [.. document.RootElement.GetProperty("annotations").EnumerateArray().Select(one => new ImageCaption(one.GetProperty("image_id").GetInt64().ToString(CultureInfo.InvariantCulture), Words(one.GetProperty("caption").GetString()!))).Where(one => one.Caption.Length > 0)];
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path} is no caption file of MS-COCO (annotations with image_id and caption): {problem.Message.ReplaceLineEndings(" ")}", problem);
        }
    }

    private static List<ImageCaption> Table(string path)
    {
        var rows = File.ReadLines(path).Select(line => line.Split('\t')).ToList();
        var (image, caption) = rows.Count == 0 ? (-1, -1) : (Array.IndexOf(rows[0], "image_id"), Array.FindIndex(rows[0], name => name.Trim() == "caption"));
        return image < 0 || caption < 0 ? throw new InvalidDataException($"{path} has no header with image_id and caption in its first line.")
            : [.. rows.Skip(1).Where(row => row.Length > Math.Max(image, caption) && row[caption].Trim().Length > 0).Select(row => new ImageCaption(row[image].Trim(), Words(row[caption])))];
    }

    private static List<ImageCaption> Lines(string path) =>
        [.. File.ReadLines(path).Select(Words).Where(line => line.Length > 0).Select((line, i) => new ImageCaption(i.ToString(CultureInfo.InvariantCulture), line))];

    private static string Words(string caption) => string.Join(' ', caption.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
