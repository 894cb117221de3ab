using System.Text;
using System.Text.Json;

namespace Pagoda.Data.Folders;

/// <summary>Reads <c>captions.csv</c>, <c>.tsv</c> and <c>.jsonl</c>: file names and what they show, one row a caption.</summary>
internal static class CaptionTable
{
    private static readonly string[] FileColumns = ["file_name", "filename", "filepath", "file", "image", "path"];
    private static readonly string[] CaptionColumns = ["caption", "title", "text"];

    /// <summary>Captions by file name as the table writes it, with forward slashes.</summary>
    public static Dictionary<string, List<string>> Read(string path)
    {
        var table = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var rows = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".jsonl" => JsonLines(path),
            ".tsv" => Separated(path, '\t'),
            _ => Separated(path, ','),
        };
        foreach (var (file, captions) in rows)
        {
            var name = file.Replace('\\', '/');
            if (!table.TryGetValue(name, out var list))
            {
                table.Add(name, list = []);
            }

            list.AddRange(captions.Where(caption => caption.Length > 0));
        }

        return table;
    }

    private static IEnumerable<(string File, string[] Captions)> JsonLines(string path)
    {
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            yield return Parse(line, path, number);
        }
    }

    private static (string File, string[] Captions) Parse(string line, string path, int number)
    {
        try
        {
            using var row = JsonDocument.Parse(line);
            foreach (var name in FileColumns)
            {
                if (row.RootElement.ValueKind == JsonValueKind.Object && row.RootElement.TryGetProperty(name, out var file)
                    && file.ValueKind == JsonValueKind.String)
                {
                    return (file.GetString()!, Pagoda.Data.Captions.FromJson(row.RootElement));
                }
            }
        }
        catch (JsonException error)
        {
            throw new DataException($"{path}, line {number}, is no JSON object: {error.Message}", error);
        }

        throw new DataException($"{path}, line {number}, names no file; give one of {string.Join(", ", FileColumns)}.");
    }

    private static IEnumerable<(string File, string[] Captions)> Separated(string path, char separator)
    {
        using var rows = Rows(File.ReadAllText(path), separator).GetEnumerator();
        if (!rows.MoveNext())
        {
            throw new DataException($"{path} is empty; its first line must name the columns, such as file_name{separator}caption.");
        }

        var header = rows.Current.ConvertAll(name => name.Trim().ToLowerInvariant());
        var file = header.FindIndex(FileColumns.Contains);
        var caption = header.FindIndex(CaptionColumns.Contains);
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

            yield return (rows.Current[file], [rows.Current[caption].Trim()]);
        }
    }

    /// <summary>RFC 4180: fields may be quoted, quotes within are doubled, quoted fields may hold line ends.</summary>
    internal static IEnumerable<List<string>> Rows(string text, char separator)
    {
        var row = new List<string>();
        var field = new StringBuilder();
        bool quoted = false, any = false;
        for (var i = text.StartsWith('\uFEFF') ? 1 : 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted)
            {
                if (c != '"')
                {
                    field.Append(c);
                }
                else if (i + 1 < text.Length && text[i + 1] == '"')
                {
                    field.Append(text[++i]);
                }
                else
                {
                    quoted = false;
                }
            }
            else if (c == '"' && field.Length == 0)
            {
                (quoted, any) = (true, true);
            }
            else if (c == separator)
            {
                row.Add(field.ToString());
                field.Clear();
                any = true;
            }
            else if (c is '\n' or '\r')
            {
                if (any || field.Length > 0)
                {
                    row.Add(field.ToString());
                    yield return row;
                }

                (row, any) = ([], false);
                field.Clear();
            }
            else
            {
                field.Append(c);
            }
        }

        if (any || field.Length > 0)
        {
            row.Add(field.ToString());
            yield return row;
        }
    }
}
