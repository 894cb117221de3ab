using System.Text;

namespace Pagoda.Models.Clip.Tokenizer.Cleaning;

/// <summary>Repairs text as <c>ftfy.fix_text</c> 6.3 does with its default settings (rspeer/python-ftfy).</summary>
public static class TextRepair
{
    private const char Escape = '\u001B';

    private static readonly Dictionary<char, string> s_replacements = Replacements();

    /// <summary>
    /// Repairs line by line, each as long as something changes: HTML entities (until a line has a &lt;, which makes the rest
    /// HTML that is meant to be), encodings, ligatures, widths, curly quotes, line breaks, lone surrogates, terminal escapes,
    /// control characters, normalization form C.
    /// </summary>
    public static string Repair(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (IsPlain(text))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        var unescape = true;
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start) + 1;
            end = end == 0 ? text.Length : end;
            var line = text[start..end];
            unescape = unescape && !line.Contains('<', StringComparison.Ordinal);
            result.Append(RepairLine(line, unescape));
            start = end;
        }

        return result.ToString();
    }

    /// <summary>Whether nothing below could change the text.</summary>
    private static bool IsPlain(string text)
    {
        foreach (var character in text)
        {
            if (character is (< ' ' and not '\n' and not '\t' and not '\f') or >= '\u007F' or '&')
            {
                return false;
            }
        }

        return true;
    }

    private static string RepairLine(string line, bool unescape)
    {
        while (true)
        {
            var repaired = unescape ? HtmlEntities.UnescapeUnambiguous(line) : line;
            repaired = EncodingRepair.Repair(ReplaceLoneSurrogates(repaired));
            repaired = EncodingRepair.ReplaceC1Controls(repaired);
            repaired = ReplaceCharacters(repaired);
            repaired = RemoveControls(RemoveTerminalEscapes(repaired));
            repaired = CanonicalComposition.Compose(repaired);
            if (repaired == line)
            {
                return line;
            }

            line = repaired;
        }
    }

    private static string ReplaceLoneSurrogates(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            result.Append(rune.ToString());
        }

        return result.ToString();
    }

    private static string ReplaceCharacters(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\r')
            {
                i += i + 1 < text.Length && text[i + 1] == '\n' ? 1 : 0;
                result.Append('\n');
            }
            else if (s_replacements.TryGetValue(text[i], out var replacement))
            {
                result.Append(replacement);
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }

    /// <summary>Removes ESC [ numbers and semicolons, letter: colours and the like.</summary>
    private static string RemoveTerminalEscapes(string text)
    {
        if (!text.Contains(Escape, StringComparison.Ordinal))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var end = i + 2;
            while (end < text.Length && (char.IsDigit(text[end]) || text[end] == ';'))
            {
                end++;
            }

            if (text[i] == Escape && end < text.Length && text[i + 1] == '[' && char.IsAsciiLetter(text[end]))
            {
                i = end;
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }

    private static string RemoveControls(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            if (character is not ((<= '\u001F' and not '\t' and not '\n' and not '\f' and not '\r') or '\u007F'
                or (>= '\u206A' and <= '\u206F') or '\uFEFF' or (>= '\uFFF9' and <= '\uFFFC')))
            {
                result.Append(character);
            }
        }

        return result.ToString();
    }

    private static Dictionary<char, string> Replacements()
    {
        // Apart from the widths: typographic and Dutch, Afrikaans, Croatian ligatures; quotes; line breaks.
        var replacements = new Dictionary<char, string>
        {
            ['ﬀ'] = "ff", ['ﬁ'] = "fi", ['ﬂ'] = "fl", ['ﬃ'] = "ffi", ['ﬄ'] = "ffl", ['ﬅ'] = "ſt", ['ﬆ'] = "st",
            ['Ĳ'] = "IJ", ['ĳ'] = "ij", ['ŉ'] = "'n",
            ['Ǆ'] = "DŽ", ['ǅ'] = "Dž", ['ǆ'] = "dž", ['Ǳ'] = "DZ", ['ǲ'] = "Dz", ['ǳ'] = "dz",
            ['Ǉ'] = "LJ", ['ǈ'] = "Lj", ['ǉ'] = "lj", ['Ǌ'] = "NJ", ['ǋ'] = "Nj", ['ǌ'] = "nj",
            ['\u02BC'] = "'", ['‘'] = "'", ['’'] = "'", ['‚'] = "'", ['‛'] = "'",
            ['“'] = "\"", ['”'] = "\"", ['„'] = "\"", ['‟'] = "\"",
            ['\u0085'] = "\n", ['\u2028'] = "\n", ['\u2029'] = "\n",
        };
        foreach (var line in Table.Lines("widths"))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            replacements.Add((char)Table.Point(line.AsSpan(0, space)), Table.Text(line.AsSpan(space + 1)));
        }

        return replacements;
    }
}
