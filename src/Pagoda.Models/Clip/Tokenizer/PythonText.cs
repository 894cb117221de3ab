using System.Globalization;
using System.Text;

namespace Pagoda.Models.Clip.Tokenizer;

/// <summary>
/// What <c>str.lower</c>, <c>str.strip</c> and <c>\s</c> mean in Python, where CLIP's captions were cut: full case
/// mappings from Unicode's SpecialCasing.txt, and white space.
/// </summary>
internal static class PythonText
{
    private const char CapitalSigma = '\u03A3';
    private const char CapitalDottedI = '\u0130';

    /// <summary>
    /// Cuts white space off both ends and replaces every run of it by one space. At the ends the separators U+001C to U+001F
    /// count as white space (<c>str.strip</c>), in between they do not (<c>\s</c> of the regex package).
    /// </summary>
    public static string CollapseSpaces(string text)
    {
        var stripped = Strip(text);
        var result = new StringBuilder(stripped.Length);
        foreach (var character in stripped)
        {
            if (!char.IsWhiteSpace(character))
            {
                result.Append(character);
            }
            else if (result.Length == 0 || result[^1] != ' ')
            {
                result.Append(' ');
            }
        }

        return result.ToString();
    }

    private static ReadOnlySpan<char> Strip(ReadOnlySpan<char> text)
    {
        var (start, end) = (0, text.Length);
        while (start < end && IsStripped(text[start]))
        {
            start++;
        }

        while (end > start && IsStripped(text[end - 1]))
        {
            end--;
        }

        return text[start..end];

        static bool IsStripped(char character) => char.IsWhiteSpace(character) || character is >= '\u001C' and <= '\u001F';
    }

    /// <summary>Lower case, with the two mappings that depend on more than one character: U+0130 and the final sigma.</summary>
    public static string Lower(string text)
    {
        if (!text.AsSpan().ContainsAny(CapitalSigma, CapitalDottedI))
        {
            return text.ToLowerInvariant();
        }

        var result = new StringBuilder(text.Length + 4);
        for (var i = 0; i < text.Length; i++)
        {
            _ = text[i] switch
            {
                CapitalDottedI => result.Append("i\u0307"),
                CapitalSigma => result.Append(IsFinalSigma(text, i) ? '\u03C2' : '\u03C3'),
                _ => result.Append(text[i]),
            };
        }

        return result.ToString().ToLowerInvariant();
    }

    /// <summary>Unicode's Final_Sigma: a cased letter before it and none after it, ignoring what case ignores.</summary>
    private static bool IsFinalSigma(string text, int position)
    {
        var before = position;
        var cased = false;
        while (before > 0)
        {
            var rune = RuneEndingAt(text, before);
            before -= rune.Utf16SequenceLength;
            if (!IsCaseIgnorable(rune))
            {
                cased = IsCased(rune);
                break;
            }
        }

        if (!cased)
        {
            return false;
        }

        for (var after = position + 1; after < text.Length;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(after), out var rune, out var length);
            after += length;
            if (!IsCaseIgnorable(rune))
            {
                return !IsCased(rune);
            }
        }

        return true;
    }

    private static Rune RuneEndingAt(string text, int end)
    {
        Rune.DecodeLastFromUtf16(text.AsSpan(0, end), out var rune, out _);
        return rune;
    }

    private static bool IsCaseIgnorable(Rune rune) =>
        rune.Value is '\'' or '.' or ':' or 0xB7 or 0x387 or 0x55F or 0x5F4 or 0x2018 or 0x2019 or 0x2024 or 0x2027
            or 0xFE13 or 0xFE52 or 0xFE55 or 0xFF07 or 0xFF0E or 0xFF1A
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;

    private static bool IsCased(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
            or UnicodeCategory.TitlecaseLetter
        || rune.Value is 0xAA or 0xBA or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9)
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
}
