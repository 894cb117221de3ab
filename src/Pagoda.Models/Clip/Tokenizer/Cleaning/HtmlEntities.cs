using System.Globalization;
using System.Text;

namespace Pagoda.Models.Clip.Tokenizer.Cleaning;

/// <summary>Character references of HTML 5, all 2,125 names and the numbers.</summary>
public static class HtmlEntities
{
    private const int LongestName = 32;

    /// <summary>What bytes 0x80 to 0x9F mean in a numeric reference: windows-1252 (HTML standard, section 13.2.5.80).</summary>
    private const string Windows1252 =
        "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F"
        + "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    private static readonly Lazy<Names> s_names = new(() => new Names());

    /// <summary>
    /// Replaces every reference, those without their semicolon too, as Python's <c>html.unescape</c> does: the longest name
    /// wins, numbers that name no character vanish or become U+FFFD.
    /// </summary>
    public static string Unescape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var start = text.IndexOf('&', StringComparison.Ordinal);
        if (start < 0)
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        result.Append(text, 0, start);
        for (var i = start; i < text.Length;)
        {
            if (text[i] == '&' && TryReference(text.AsSpan(i), out var replacement, out var length))
            {
                result.Append(replacement);
                i += length;
            }
            else
            {
                result.Append(text[i++]);
            }
        }

        return result.ToString();
    }

    /// <summary>
    /// Replaces only what can hardly be meant otherwise: references that end in a semicolon, also those whose name was
    /// written in capitals as a whole, which then stand for a capital letter (<c>ftfy.fixes.unescape_html</c>).
    /// </summary>
    public static string UnescapeUnambiguous(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var result = new StringBuilder(text.Length);
        var copied = 0;
        for (var i = text.IndexOf('&', StringComparison.Ordinal); i >= 0; i = text.IndexOf('&', Math.Max(i + 1, copied)))
        {
            if (UnambiguousLength(text.AsSpan(i)) is > 0 and var length
                && Unambiguous(text.AsSpan(i, length)) is { } replacement)
            {
                result.Append(text, copied, i - copied).Append(replacement);
                copied = i + length;
            }
        }

        return copied == 0 ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>The length of <c>&amp;name;</c> or <c>&amp;#number;</c> with 1 to 24 ASCII letters and digits, or 0.</summary>
    private static int UnambiguousLength(ReadOnlySpan<char> text)
    {
        var first = text.Length > 1 && text[1] == '#' ? 2 : 1;
        var end = first;
        while (end < text.Length && end - first < 24 && char.IsAsciiLetterOrDigit(text[end]))
        {
            end++;
        }

        return end > first && end < text.Length && text[end] == ';' ? end + 1 : 0;
    }

    private static string? Unambiguous(ReadOnlySpan<char> reference)
    {
        if (reference[1] != '#')
        {
            var name = reference[1..^1];
            var names = s_names.Value;
            return names.Closed.TryGetValue(name, out var text) || names.Shouted.TryGetValue(name, out text) ? text : null;
        }

        return TryReference(reference, out var replacement, out var length) && length == reference.Length
            && !replacement.Contains(';', StringComparison.Ordinal)
            ? replacement
            : null;
    }

    private static bool TryReference(ReadOnlySpan<char> text, out string replacement, out int length) =>
        text.Length > 1 && text[1] == '#'
            ? TryNumber(text, out replacement, out length)
            : TryName(text, out replacement, out length);

    private static bool TryNumber(ReadOnlySpan<char> text, out string replacement, out int length)
    {
        var isHexadecimal = text.Length > 2 && text[2] is 'x' or 'X';
        var first = isHexadecimal ? 3 : 2;
        var end = first;
        long number = 0;
        while (end < text.Length && (isHexadecimal ? char.IsAsciiHexDigit(text[end]) : char.IsAsciiDigit(text[end])))
        {
            var digit = int.Parse(text.Slice(end++, 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            number = Math.Min((number * (isHexadecimal ? 16 : 10)) + digit, int.MaxValue);
        }

        replacement = end > first ? Character((int)number) : string.Empty;
        length = end < text.Length && text[end] == ';' ? end + 1 : end;
        return end > first;
    }

    private static string Character(int number) => number switch
    {
        0 or > 0x10FFFF or (>= 0xD800 and <= 0xDFFF) => "\uFFFD",
        '\t' or '\n' or '\f' or '\r' => ((char)number).ToString(),
        >= 0x80 and <= 0x9F => Windows1252[number - 0x80].ToString(),
        < 0x20 or 0x7F or (>= 0xFDD0 and <= 0xFDEF) => string.Empty,
        _ => (number & 0xFFFE) == 0xFFFE ? string.Empty : char.ConvertFromUtf32(number),
    };

    private static bool TryName(ReadOnlySpan<char> text, out string replacement, out int length)
    {
        var names = s_names.Value;
        var end = 1;
        while (end < text.Length && end <= LongestName && char.IsAsciiLetterOrDigit(text[end]))
        {
            end++;
        }

        if (end < text.Length && text[end] == ';' && names.Closed.TryGetValue(text[1..end], out var found))
        {
            (replacement, length) = (found, end + 1);
            return true;
        }

        for (; end > 2; end--)
        {
            if (names.Open.TryGetValue(text[1..end], out found))
            {
                (replacement, length) = (found, end);
                return true;
            }
        }

        (replacement, length) = (string.Empty, 0);
        return false;
    }

    private sealed class Names
    {
        public Names()
        {
            var closed = new Dictionary<string, string>(2200, StringComparer.Ordinal);
            var open = new Dictionary<string, string>(StringComparer.Ordinal);
            var shouted = new Dictionary<string, string>(StringComparer.Ordinal);
            var lowerNames = new List<string>();
            foreach (var line in Table.Lines("entities"))
            {
                var separator = line.AsSpan().IndexOfAny(';', ':');
                var second = line.IndexOf(';', separator + 1);
                var name = line[..separator];
                var text = Table.Text(line.AsSpan()[(separator + 1)..(second < 0 ? line.Length : second)]);
                closed.Add(name, text);
                if (line[separator] == ':')
                {
                    open.Add(name, text);
                }

                if (second >= 0)
                {
                    shouted.Add(name.ToUpperInvariant(), Table.Text(line.AsSpan(second + 1)));
                }
                else if (name.All(character => !char.IsAsciiLetterUpper(character)))
                {
                    lowerNames.Add(name);
                }
            }

            Closed = closed.GetAlternateLookup<ReadOnlySpan<char>>();
            Open = open.GetAlternateLookup<ReadOnlySpan<char>>();
            foreach (var name in lowerNames)
            {
                var capitals = name.ToUpperInvariant();
                if (!closed.ContainsKey(capitals) && !BeginsWithOpenName(capitals))
                {
                    shouted.TryAdd(capitals, closed[name]);
                }
            }

            Shouted = shouted.GetAlternateLookup<ReadOnlySpan<char>>();
        }

        /// <summary>Names that need their semicolon or may have it.</summary>
        public Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> Closed { get; }

        /// <summary>Names that are understood without a semicolon.</summary>
        public Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> Open { get; }

        /// <summary>Names in capitals that are no names of their own.</summary>
        public Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> Shouted { get; }

        private bool BeginsWithOpenName(string text)
        {
            for (var length = 2; length <= text.Length; length++)
            {
                if (Open.TryGetValue(text.AsSpan(0, length), out _))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
