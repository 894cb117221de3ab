using System.Text.Json;

namespace Pagoda.Data.Folders;

/// <summary>Reads <c>.csv</c>, <c>.tsv</c> and <c>.jsonl</c> tables: file names and what they show, a row a caption.</summary>
internal static class CaptionTable
{
    private static readonly string[] FileColumns = ["file_name", "filename", "filepath", "file", "image", "path", "image_path"];
    private static readonly string[] CaptionColumns = ["caption", "title", "text"];

    /// <param name="path">The table.</param>
    /// <param name="folder">What its file names are relative to.</param>
    /// <exception cref="DataException">It cannot be read, lacks a column, or names addresses instead of files.</exception>
    public static CaptionedFiles Read(string path, string folder)
    {
        var files = new CaptionedFiles(path, folder);
        try
        {
            foreach (var (file, captions) in Path.GetExtension(path).ToLowerInvariant() is ".jsonl" ? JsonLines(path) : Separated(path))
            {
                var picture = files.Add(file);
                foreach (var caption in captions)
                {
                    files.AddCaption(picture, caption);
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path} cannot be read: {error.Message}", error);
        }

        return files.Complete();
    }

    private static IEnumerable<(string File, string[] Captions)> JsonLines(string path)
    {
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return Parse(line, path, number);
            }
        }
    }

    private static (string File, string[] Captions) Parse(string line, string path, int number)
    {
        try
        {
            using var row = JsonDocument.Parse(line);
            var cells = row.RootElement.ValueKind == JsonValueKind.Object ? row.RootElement : default;
            foreach (var name in cells.ValueKind == JsonValueKind.Object ? FileColumns : [])
            {
                if (cells.TryGetProperty(name, out var file) && file.ValueKind == JsonValueKind.String)
                {
                    ThrowIfAddress(file.GetString()!, path);
                    return (file.GetString()!, Pagoda.Data.Captions.FromJson(cells));
                }
            }

            if (cells.ValueKind == JsonValueKind.Object && cells.TryGetProperty("url", out _))
            {
                throw Addresses(path);
            }
        }
        catch (JsonException error)
        {
            throw new DataException($"{path}, line {number}, is no JSON object: {error.Message}", error);
        }

        throw new DataException($"{path}, line {number}, names no file; give one of {string.Join(", ", FileColumns)}.");
    }

    private static IEnumerable<(string File, string[] Captions)> Separated(string path)
    {
        using var text = new StreamReader(path);
        using var rows = SeparatedRows.Read(text, Separator(path)).GetEnumerator();
        if (!rows.MoveNext())
        {
            throw new DataException($"{path} is empty; its first line must name the columns, such as file_name,caption.");
        }

        var header = rows.Current.ConvertAll(name => name.Trim().ToLowerInvariant());
        var file = header.FindIndex(FileColumns.Contains);
        var caption = header.FindIndex(CaptionColumns.Contains);
        // Conceptual Captions' published tables have no header: a caption and an address a line.
        if (header.Exists(IsAddress) || (file < 0 && header.Exists(name => name.Contains("url", StringComparison.Ordinal))))
        {
            throw Addresses(path);
        }

        if (file < 0 || caption < 0)
        {
            throw new DataException(
                $"{path} has the columns {string.Join(", ", header)}; it needs one of {string.Join(", ", FileColumns)} and one of {string.Join(", ", CaptionColumns)}.");
        }

        for (var number = 2; rows.MoveNext(); number++)
        {
            if (rows.Current.Count <= Math.Max(file, caption))
            {
                throw new DataException($"{path}, row {number}, has {rows.Current.Count} columns; the first row names {header.Count}.");
            }

            ThrowIfAddress(rows.Current[file], path);
            yield return (rows.Current[file], [rows.Current[caption]]);
        }
    }

    private static char Separator(string path)
    {
        if (Path.GetExtension(path).ToLowerInvariant() is ".tsv")
        {
            return '\t';
        }

        // open_clip's .csv files are separated by tabs unless told otherwise.
        using var text = new StreamReader(path);
        return text.ReadLine()?.Contains('\t') == true ? '\t' : ',';
    }

    private static void ThrowIfAddress(string file, string path)
    {
        if (IsAddress(file))
        {
            throw Addresses(path);
        }
    }

    private static bool IsAddress(string file) =>
        file.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || file.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    private static DataException Addresses(string path) => new(
        $"{path} names addresses on the web, not files: fetch the pictures first, with img2dataset for one (--output_format webdataset), and give its output folder as data.shards.");
}
