using System.Text;

namespace Pagoda.Cli.Commands.Score;

/// <summary>
/// Reads pairs of file and text from a CSV file (RFC 4180: fields may be quoted, quotes within are doubled), row by row. The first row
/// names the columns, of which <c>file</c> (or <c>file_name</c>, <c>image</c>) and <c>text</c> (or <c>caption</c>, <c>prompt</c>) count.
/// </summary>
internal static class PairTable
{
    private static readonly string[] FileColumns = ["file", "file_name", "filename", "image", "path"];
    private static readonly string[] TextColumns = ["text", "caption", "prompt"];

    /// <exception cref="InvalidDataException">A column or a field is missing; the row is named.</exception>
    public static IEnumerable<(string File, string Text)> Read(string path)
    {
        using var reader = new StreamReader(path);
        var (file, text, width) = (-1, -1, 0);
        var number = 0;
        foreach (var row in Rows(reader))
        {
            number++;
            if (number == 1)
            {
                var names = row.ConvertAll(name => name.Trim().ToLowerInvariant());
                (file, text, width) = (names.FindIndex(FileColumns.Contains), names.FindIndex(TextColumns.Contains), row.Count);
                if (file < 0 || text < 0)
                {
                    throw new InvalidDataException($"{path}: the first row has {string.Join(", ", row)}; it must name a column file and a column text.");
                }

                continue;
            }

            if (row.Count <= Math.Max(file, text))
            {
                throw new InvalidDataException($"{path}, row {number}, has {row.Count} of {width} fields.");
            }

            yield return (row[file], row[text]);
        }
    }

    private static IEnumerable<List<string>> Rows(StreamReader reader)
    {
        var row = new List<string>();
        var field = new StringBuilder();
        bool quoted = false, wasQuoted = false;
        for (var c = reader.Read(); ; c = reader.Read())
        {
            if (quoted && c >= 0)
            {
                if (c != '"')
                {
                    field.Append((char)c);
                }
                else if (reader.Peek() == '"')
                {
                    field.Append((char)reader.Read());
                }
                else
                {
                    quoted = false;
                }
            }
            else if (c == '"' && field.Length == 0 && !wasQuoted)
            {
                quoted = wasQuoted = true;
            }
            else if (c is ',')
            {
                Finish();
            }
            else if (c is '\n' or < 0)
            {
                if (row.Count > 0 || field.Length > 0 || wasQuoted)
                {
                    Finish();
                    yield return row;
                    row = [];
                }

                if (c < 0)
                {
                    yield break;
                }
            }
            else if (c != '\r')
            {
                field.Append((char)c);
            }
        }

        void Finish()
        {
            row.Add(field.ToString());
            field.Clear();
            wasQuoted = false;
        }
    }
}
