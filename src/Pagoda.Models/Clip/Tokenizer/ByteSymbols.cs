namespace Pagoda.Models.Clip.Tokenizer;

/// <summary>
/// The visible character that stands for each byte in a byte-level vocabulary: printable Latin-1 characters stand for
/// themselves, the other 68 bytes for U+0100 upwards (openai/gpt-2, <c>bytes_to_unicode</c>).
/// </summary>
internal static class ByteSymbols
{
    private static readonly char[] s_characters = new char[256];
    private static readonly short[] s_bytes = new short[0x144];
    private static readonly byte[] s_order = new byte[256];

    static ByteSymbols()
    {
        Array.Fill(s_bytes, (short)-1);
        var printable = 0;
        for (var value = 0; value < 256; value++)
        {
            if (IsPrintable(value))
            {
                s_order[printable++] = (byte)value;
                s_characters[value] = (char)value;
            }
        }

        var hidden = 0;
        for (var value = 0; value < 256; value++)
        {
            if (!IsPrintable(value))
            {
                s_order[printable + hidden] = (byte)value;
                s_characters[value] = (char)(256 + hidden++);
            }
        }

        for (var value = 0; value < 256; value++)
        {
            s_bytes[s_characters[value]] = (short)value;
        }
    }

    /// <summary>The 256 bytes in the order in which CLIP's vocabulary lists them: printable ones first.</summary>
    public static ReadOnlySpan<byte> VocabularyOrder => s_order;

    /// <summary>The character that stands for <paramref name="value"/>.</summary>
    public static char Character(byte value) => s_characters[value];

    /// <summary>The byte that <paramref name="character"/> stands for, or -1 when it stands for none.</summary>
    public static int Byte(char character) => character < s_bytes.Length ? s_bytes[character] : -1;

    private static bool IsPrintable(int value) => value is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or >= 0xAE;
}
