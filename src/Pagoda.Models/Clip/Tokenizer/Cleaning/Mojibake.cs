using System.Text;
using static Pagoda.Models.Clip.Tokenizer.Cleaning.CharacterKinds;

namespace Pagoda.Models.Clip.Tokenizer.Cleaning;

/// <summary>
/// Tells text that was decoded with the wrong encoding by neighbours that no language puts side by side
/// (rspeer/python-ftfy 6.3, <c>ftfy/badness.py</c>).
/// </summary>
internal static class Mojibake
{
    private static readonly Set[][] s_sequences =
    [
        [C1],
        [Bad | Accented | Box | Punctuation | Currency | Numeric | Law, Bad],
        [AsciiLetter, LowerCommon | UpperCommon, Bad],
        [Bad, Accented | Box | Punctuation | Currency | Numeric | Law],
        [LowerAccented | LowerCommon | Box | Closing | Currency | Numeric, UpperAccented],
        [Box | Closing | Currency | Numeric, LowerAccented],
        [LowerAccented | Box | Closing, Currency],
        [Space, UpperAccented, Currency],
        [UpperAccented | Box, Numeric | Law],
        [Accented | Box | Currency | Closing, Opening, Numeric],
        [Accented | Currency | Numeric | Box | Law, Closing, Opening],
        [Currency | Numeric | Box, Opening],
        [AsciiLower, UpperAccented, Opening | Currency],
        [Box, Face],
        [Accented | Currency | Numeric | Punctuation | Law, Box],
        [Box, Closing],
        [Accented, Punctuation, Word],
        ["Œœ", new Set(AsciiLetter).Not()],
        [UpperAccented, "°"],

        // windows-1252, two bytes
        ["ÂÃÎÐ", new Set(Punctuation, "€œŠš¢£Ÿž\u00A0\u00AD®©°·»–—´")],
        ["×", "²³"],
        ["Ã", "\u00A0¡"],
        [AsciiLower, "ÃÂ", " "],
        [AsciiLower, Space, "ÃÂ", " "],
        [new Set(AsciiLower | Closing, ".,?!"), "Â", new Set(Punctuation, " ")],

        // windows-1252: Arabic, then scripts of South Asia
        ["ØÙ", ArabicSecond, "ØÙ", ArabicSecond],
        ["à", "²µ¹¼½¾"],

        // MacRoman
        ["√", "±∂†≠®™´≤≥¥µø"],
        ["≈", "°¢"],
        ["‚", "Ä", "ìîïòôúùû†°¢π"],
        ["‚", "âó", "àä°ê"],

        // windows-1251: punctuation, then Cyrillic, then Latin that went wrong twice
        ["в", "Ђ"],
        ["ВГРС", new Set(C1 | Bad | Punctuation | Currency, "°µ"), "ВГРС"],
        ["Г", "ў", "В", "Ђ", "В", new Set(None, "\n").Not(), new Set(AsciiLetter, " ")],

        // windows-1253: punctuation, then Greek
        ["β", "€", "™\u00A0Ά\u00AD®°"],
        ["ΒΓΞΟ", new Set(C1 | Bad | Punctuation | Currency, "°"), "ΒΓΞΟ"],

        // windows-1257: punctuation
        ["ā", "€"],
    ];

    private static Set ArabicSecond => new(Common | Currency | Bad | Numeric | Opening, "ŸŠ®°µ»");

    /// <summary>Whether some of the text looks broken.</summary>
    public static bool IsSeenIn(string text)
    {
        var runes = text.EnumerateRunes().ToArray();
        var kinds = Array.ConvertAll(runes, CharacterKindTable.Of);
        if (runes.Length > 1 && runes[0].Value is 'Ã' or 'Â' && runes[1].Value == ' ')
        {
            return true;
        }

        for (var i = 0; i < runes.Length; i++)
        {
            foreach (var sequence in s_sequences)
            {
                if (Matches(sequence, runes.AsSpan(i), kinds.AsSpan(i)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool Matches(Set[] sequence, ReadOnlySpan<Rune> runes, ReadOnlySpan<CharacterKinds> kinds)
    {
        if (sequence.Length > runes.Length)
        {
            return false;
        }

        for (var i = 0; i < sequence.Length; i++)
        {
            if (!sequence[i].Contains(runes[i], kinds[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Characters of some kinds and single ones, or all the others.</summary>
    private readonly record struct Set(CharacterKinds Kinds, string Characters = "", bool IsNegated = false)
    {
        public static implicit operator Set(CharacterKinds kinds) => new(kinds);

        public static implicit operator Set(string characters) => new(None, characters);

        public Set Not() => this with { IsNegated = !IsNegated };

        public bool Contains(Rune rune, CharacterKinds kinds) =>
            ((kinds & Kinds) != 0 || (rune.IsBmp && Characters.Contains((char)rune.Value, StringComparison.Ordinal))) != IsNegated;
    }
}
