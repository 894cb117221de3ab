using System.Text;

namespace Pagoda.Data.Folders;

/// <summary>Reads tables of separated values as a stream (RFC 4180): fields may be quoted, quotes within are doubled, quoted fields may hold line ends.</summary>
internal static class SeparatedRows
{
    /// <summary>The rows that are not empty.</summary>
    public static IEnumerable<List<string>> Read(TextReader text, char separator)
    {
        var row = new List<string>();
        var field = new StringBuilder();
        bool quoted = false, any = false;
        for (var read = text.Read(); read >= 0; read = text.Read())
        {
            var c = (char)read;
            if (quoted)
            {
                if (c != '"')
                {
                    field.Append(c);
                }
                else if (text.Peek() == '"')
                {
                    field.Append((char)text.Read());
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
