using System.Text;

namespace Pagoda.Models.Clip.Tokenizer.Cleaning;

/// <summary>
/// Undoes the decoding of UTF-8 as something else (rspeer/python-ftfy 6.3, <c>ftfy.fix_encoding</c>).
/// </summary>
internal static class EncodingRepair
{
    private const int LeadOfTwo = 2;
    private const int LeadOfThree = 3;
    private const int LeadOfFour = 4;

    /// <summary>The bytes of a sequence whose first byte a character may be in one of the encodings like Latin-1.</summary>
    private static readonly Dictionary<char, int> s_leads = [];

    private static readonly HashSet<char> s_continuations = [' '];
    private static readonly HashSet<char> s_strictContinuations = [];

    static EncodingRepair()
    {
        foreach (var encoding in SingleByteEncoding.Candidates.Take(7))
        {
            for (var value = 0x80; value <= 0xF3; value++)
            {
                var character = encoding.Character(value);
                var length = value switch
                {
                    >= 0xC2 and <= 0xDF => LeadOfTwo,
                    >= 0xE0 and <= 0xEF => LeadOfThree,
                    0xF0 or 0xF3 => LeadOfFour,
                    _ => 0,
                };
                if (value < 0xC0)
                {
                    s_continuations.Add(character);
                    s_strictContinuations.Add(character);
                }
                else if (length > 0)
                {
                    s_leads[character] = length;
                }
            }
        }

        // Beside broken text these often stand for themselves.
        s_strictContinuations.ExceptWith("–—―‘’‚“”„•…");
    }

    /// <summary>Repairs as long as the text looks broken and something can be done about it.</summary>
    public static string Repair(string text)
    {
        while (true)
        {
            var repaired = RepairOnce(text);
            if (repaired == text)
            {
                return text;
            }

            text = repaired;
        }
    }

    /// <summary>Gives control characters of Latin-1 the meaning that they have in windows-1252.</summary>
    public static string ReplaceC1Controls(string text) =>
        !text.AsSpan().ContainsAnyInRange('\u0080', '\u009F')
            ? text
            : string.Create(text.Length, text, static (span, source) =>
            {
                for (var i = 0; i < span.Length; i++)
                {
                    span[i] = source[i] is >= '\u0080' and <= '\u009F'
                        ? SingleByteEncoding.Windows1252.Character(source[i])
                        : source[i];
                }
            });

    private static string RepairOnce(string text)
    {
        if (Ascii.IsValid(text) || !Mojibake.IsSeenIn(text))
        {
            return text;
        }

        foreach (var encoding in SingleByteEncoding.Candidates)
        {
            // An en dash before a space is no sign of anything in MacRoman.
            if (encoding.TryEncode(text) is { } bytes
                && BrokenUtf8.TryDecode(bytes, !encoding.IsMacRoman, encoding.IsLenient) is { } decoded)
            {
                return decoded;
            }
        }

        var parts = RepairParts(text);
        return parts != text ? parts : ReplaceC1Controls(text);
    }

    /// <summary>Repairs the runs of characters that look like sequences of UTF-8 one by one.</summary>
    private static string RepairParts(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var length = i > 0 && s_strictContinuations.Contains(text[i - 1]) ? 0 : RunLength(text, i);
            if (length == 0)
            {
                result.Append(text[i++]);
                continue;
            }

            var part = text.Substring(i, length);
            result.Append(length < text.Length && Mojibake.IsSeenIn(part) ? Repair(part) : part);
            i += length;
        }

        return result.ToString();
    }

    private static int RunLength(string text, int start)
    {
        var end = start;
        while (end < text.Length && s_leads.TryGetValue(text[end], out var length) && end + length <= text.Length
            && All(text.AsSpan(end + 1, length - 1)))
        {
            end += length;
        }

        return end - start;

        static bool All(ReadOnlySpan<char> characters)
        {
            foreach (var character in characters)
            {
                if (!s_continuations.Contains(character))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
