using System.Globalization;

namespace Pagoda.Models.Clip.Tokenizer.Cleaning;

/// <summary>The tables that <c>Tables/generate.py</c> writes, embedded in the assembly.</summary>
internal static class Table
{
    /// <summary>The lines of <c>Tables/NAME.txt</c>.</summary>
    public static IEnumerable<string> Lines(string name)
    {
        using var stream = typeof(Table).Assembly.GetManifestResourceStream($"Tables/{name}.txt")
            ?? throw new InvalidOperationException($"The assembly lacks its embedded table {name}.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    /// <summary>The text of code points in hexadecimal with spaces between them.</summary>
    public static string Text(ReadOnlySpan<char> points)
    {
        var text = string.Empty;
        foreach (var part in points.Split(' '))
        {
            text += char.ConvertFromUtf32(Point(points[part]));
        }

        return text;
    }

    /// <summary>A code point in hexadecimal.</summary>
    public static int Point(ReadOnlySpan<char> digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
