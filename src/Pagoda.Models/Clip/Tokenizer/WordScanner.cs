using System.Globalization;
using System.Text;

namespace Pagoda.Models.Clip.Tokenizer;

/// <summary>
/// Cuts cleaned text into words as CLIP's pattern does: special tokens, the English suffixes 's 't 're 've 'm 'll 'd,
/// runs of letters, single numbers, and runs of anything else but white space (openai/CLIP,
/// <c>clip/simple_tokenizer.py</c>). Letters and numbers are judged by code point, so that a supplementary character is
/// one character, as it is in Python.
/// </summary>
internal ref struct WordScanner(ReadOnlySpan<char> text, string startText, string endText)
{
    private static readonly string[] s_suffixes = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private readonly ReadOnlySpan<char> _text = text;
    private int _position;

    private enum Kind
    {
        Space,
        Letter,
        Number,
        Other,
    }

    /// <summary>Gives the next word; false at the end of the text.</summary>
    public bool TryNext(out ReadOnlySpan<char> word)
    {
        while (_position < _text.Length)
        {
            var rest = _text[_position..];
            var kind = KindAt(rest, out var length);
            if (kind != Kind.Space)
            {
                length = MatchFixed(rest) is > 0 and var matched ? matched : RunLength(rest, kind, length);
            }

            word = rest[..length];
            _position += length;
            if (kind != Kind.Space)
            {
                return true;
            }
        }

        word = default;
        return false;
    }

    private readonly int MatchFixed(ReadOnlySpan<char> rest)
    {
        if (StartsWith(rest, startText))
        {
            return startText.Length;
        }

        if (StartsWith(rest, endText))
        {
            return endText.Length;
        }

        if (rest[0] == '\'')
        {
            foreach (var suffix in s_suffixes)
            {
                if (StartsWith(rest, suffix))
                {
                    return suffix.Length;
                }
            }
        }

        return 0;
    }

    private static int RunLength(ReadOnlySpan<char> rest, Kind kind, int length)
    {
        if (kind == Kind.Number)
        {
            return length;
        }

        while (length < rest.Length && KindAt(rest[length..], out var more) == kind)
        {
            length += more;
        }

        return length;
    }

    private static Kind KindAt(ReadOnlySpan<char> rest, out int length)
    {
        length = 1;
        var first = rest[0];
        if (char.IsAscii(first))
        {
            return char.IsAsciiLetter(first) ? Kind.Letter
                : char.IsAsciiDigit(first) ? Kind.Number
                : char.IsWhiteSpace(first) ? Kind.Space
                : Kind.Other;
        }

        // Ignoring case makes U+0345 an iota for the pattern's last branch, which excludes letters, but not for its first.
        if (first == '\u0345')
        {
            return Kind.Space;
        }

        if (Rune.DecodeFromUtf16(rest, out var rune, out length) != System.Buffers.OperationStatus.Done)
        {
            return Kind.Other;
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => char.IsWhiteSpace(first) ? Kind.Space : Kind.Other,
        };
    }

    /// <summary>Ignores case the way the pattern does: by simple case folding, under which U+017F is an s.</summary>
    private static bool StartsWith(ReadOnlySpan<char> rest, string wanted)
    {
        if (rest.Length < wanted.Length)
        {
            return false;
        }

        for (var i = 0; i < wanted.Length; i++)
        {
            if (Fold(rest[i]) != Fold(wanted[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static char Fold(char character) => character switch
    {
        '\u017F' => 's',
        '\u212A' => 'k',
        _ => char.ToLowerInvariant(character),
    };
}
