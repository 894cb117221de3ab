using System.Globalization;
using System.Text;

namespace Pagoda.Models.Clip.Tokenizer.Cleaning;

/// <summary>Which kinds a character is of.</summary>
internal static class CharacterKindTable
{
    private static readonly Dictionary<int, CharacterKinds> s_kinds = Build();

    /// <summary>All kinds of a code point.</summary>
    public static CharacterKinds Of(Rune rune)
    {
        if (rune.IsAscii)
        {
            var character = (char)rune.Value;
            return char.IsAsciiLetterLower(character) ? CharacterKinds.AsciiLower | CharacterKinds.Word
                : char.IsAsciiLetterUpper(character) ? CharacterKinds.AsciiUpper | CharacterKinds.Word
                : char.IsAsciiDigit(character) || character == '_' ? CharacterKinds.Word
                : character is (>= '\t' and <= '\r') or (>= '\u001C' and <= ' ') ? CharacterKinds.Space
                : CharacterKinds.None;
        }

        var kinds = s_kinds.GetValueOrDefault(rune.Value);
        if (Rune.IsWhiteSpace(rune))
        {
            kinds |= CharacterKinds.Space;
        }

        return Rune.GetUnicodeCategory(rune) is <= UnicodeCategory.OtherLetter
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber
            ? kinds | CharacterKinds.Word
            : kinds;
    }

    private static Dictionary<int, CharacterKinds> Build()
    {
        var kinds = new Dictionary<int, CharacterKinds>();
        Add(CharacterKinds.C1, "", (0x80, 0x9F));
        Add(CharacterKinds.Common, "\u00A0\u00AD·´–—―…’");
        Add(CharacterKinds.Bad, "¤¦¨ª¬¯¸ºƒˆˇ˘˛˜†‡‰⌐◊\uFFFD");
        Add(CharacterKinds.Law, "¶§");
        Add(CharacterKinds.Currency, "¢£¥₧€");
        Add(CharacterKinds.Opening, "¡«¿©\u0384\u0385‘‚“„•‹\uF8FF");
        Add(CharacterKinds.Closing, "®»˝”›™");
        Add(CharacterKinds.Numeric, "¹²³±¼½¾×µ÷⁄∂\u2206∏∑√∞∩∫≈≠≡≤≥№");
        Add(CharacterKinds.Face, "ŐŌŪŲ°", ('Ò', 'Ö'), ('Ù', 'Ü'), ('ò', 'ö'), ('ø', 'ü'));
        Add(CharacterKinds.UpperAccented, "ØÜÝĂĀĄĆČĎĐĘĚĒĖĞĢİĪĶĹĽŁĻŃŇŅŒŘŚŞŠŢŤŮŰŸŹŻŽҐ", ('À', 'Ñ'));
        Add(CharacterKinds.LowerAccented, "ßüăąāćčďđęěēėğģįīķĺľłļœŕśşšťźżžґﬁﬂ", ('à', 'ñ'));
        Add(CharacterKinds.UpperCommon, "ÞΆΈΉΊΌΎΏΪΫ", (0x391, 0x3A9), ('Ё', 'Я'));
        Add(CharacterKinds.LowerCommon, "άέήίΰ", ('α', 'ω'), ('а', 'џ'));
        Add(CharacterKinds.Box, "│┌┐┘├┤┬┼▀▄█▌▐░▒▓", ('═', '╬'));
        return kinds;

        void Add(CharacterKinds kind, string characters, params ReadOnlySpan<(int First, int Last)> ranges)
        {
            foreach (var character in characters)
            {
                AddOne(character);
            }

            foreach (var (first, last) in ranges)
            {
                for (var point = first; point <= last; point++)
                {
                    AddOne(point);
                }
            }

            void AddOne(int point) => kinds[point] = kinds.GetValueOrDefault(point) | kind;
        }
    }
}
