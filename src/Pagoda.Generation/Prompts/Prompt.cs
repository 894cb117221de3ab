using System.Globalization;
using System.Text;

namespace Pagoda.Generation.Prompts;

/// <summary>
/// What to paint: texts with weights, such as <c>a cat:1 | oil painting:0.4 | blurry:-0.3</c>, and pictures, such as
/// <c>image:style.png:0.5</c>. Parts stand between <c>|</c>; what follows the last colon of a part is its weight if it is a
/// number, and 1 is meant otherwise. A time of day is none: in <c>a clock at 10:30</c>, two digits after a colon after a digit
/// belong to the text. A backslash takes the meaning from the character after it: <c>\|</c>, <c>\:</c>, <c>\\</c>, and
/// <c>\image:</c> for a text that begins so.
/// </summary>
/// <param name="Terms">At least one part.</param>
public sealed record Prompt(IReadOnlyList<PromptTerm> Terms)
{
    private const string PictureMark = "image:";

    /// <summary>Reads a prompt.</summary>
    /// <exception cref="GenerationException">It is empty, has an empty part, or ends in a single backslash.</exception>
    public static Prompt Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new GenerationException("The prompt is empty; say what to paint.");
        }

        return new Prompt([.. Split(text).Select((part, at) => Term(part, at + 1, text))]);
    }

    /// <summary>The text that <see cref="Parse"/> reads as this prompt.</summary>
    public override string ToString() => string.Join(" | ", Terms.Select(Format));

    /// <summary>Prompts are equal when their parts are.</summary>
    public bool Equals(Prompt? other) => other is not null && Terms.SequenceEqual(other.Terms);

    /// <inheritdoc/>
    public override int GetHashCode() => Terms.Aggregate(0, HashCode.Combine);

    private static List<List<(char Letter, bool Literal)>> Split(string text)
    {
        List<List<(char, bool)>> parts = [[]];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '|')
            {
                parts.Add([]);
            }
            else if (text[i] != '\\')
            {
                parts[^1].Add((text[i], false));
            }
            else if (++i < text.Length)
            {
                parts[^1].Add((text[i], true));
            }
            else
            {
                throw new GenerationException($"The prompt \"{text}\" ends in a backslash that escapes nothing; write \\\\ for a backslash.");
            }
        }

        return parts;
    }

    private static PromptTerm Term(List<(char Letter, bool Literal)> part, int number, string prompt)
    {
        var plain = string.Concat(part.Select(letter => letter.Letter));
        // Characters whose meaning was taken away are hidden from the search for marks.
        var marks = string.Concat(part.Select(letter => letter.Literal ? '\u0001' : letter.Letter));
        var leading = marks.Length - marks.TrimStart().Length;
        var isPicture = marks.AsSpan(leading).StartsWith(PictureMark, StringComparison.Ordinal);
        if (isPicture)
        {
            (plain, marks) = (plain[(leading + PictureMark.Length)..], marks[(leading + PictureMark.Length)..]);
        }

        var weight = 1.0;
        var colon = marks.LastIndexOf(':');
        if (colon >= 0 && !IsTime(marks, colon) && TryNumber(marks[(colon + 1)..], out var given))
        {
            weight = given;
            (plain, marks) = (plain[..colon], marks[..colon]);
        }

        var content = Trim(plain, marks);
        return content.Length > 0
            ? new PromptTerm(content, weight, isPicture)
            : throw new GenerationException($"Part {number} of the prompt \"{prompt}\" is empty; each part between | needs a text or a picture.");
    }

    // White space around a part goes, except where it was escaped.
    private static string Trim(string plain, string marks)
    {
        var start = marks.Length - marks.TrimStart().Length;
        return plain[start..Math.Max(start, marks.TrimEnd().Length)];
    }

    private static bool IsTime(string marks, int colon) =>
        colon > 0 && char.IsAsciiDigit(marks[colon - 1])
        && marks.AsSpan(colon + 1).TrimEnd() is [var first, var second] && char.IsAsciiDigit(first) && char.IsAsciiDigit(second);

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    private static string Format(PromptTerm term)
    {
        var text = new StringBuilder();
        foreach (var letter in term.Content)
        {
            text.Append(letter is '|' or '\\' ? $"\\{letter}" : letter.ToString());
        }

        if (term.Content.Length > 0 && char.IsWhiteSpace(term.Content[^1]))
        {
            text.Insert(text.Length - 1, '\\');
        }

        if (char.IsWhiteSpace(term.Content[0]) && term.Content.Length > 1)
        {
            text.Insert(0, '\\');
        }

        if (term.IsPicture)
        {
            text.Insert(0, PictureMark);
        }
        else if (term.Content.StartsWith(PictureMark, StringComparison.Ordinal))
        {
            text.Insert(0, '\\');
        }

        // A colon in the text would otherwise be taken for a weight's, and a weight of 30 for the minutes of a time.
        var weight = term.Weight.ToString("R", CultureInfo.InvariantCulture);
        return term.Weight == 1 && !term.Content.Contains(':') ? text.ToString() : $"{text}:{weight}{(weight.All(char.IsAsciiDigit) ? ".0" : "")}";
    }
}
