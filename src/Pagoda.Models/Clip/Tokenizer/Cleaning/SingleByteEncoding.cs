using System.Text;

namespace Pagoda.Models.Clip.Tokenizer.Cleaning;

/// <summary>
/// An encoding of one byte a character. A lenient one lets bytes without a character stand for the control character of
/// the same number, as browsers do, and byte 0x1A for U+FFFD, which is what is left of a byte that was lost
/// (rspeer/python-ftfy, <c>ftfy/bad_codecs/sloppy.py</c>).
/// </summary>
internal sealed class SingleByteEncoding
{
    /// <summary>Stands for a byte that was lost.</summary>
    public const byte Lost = 0x1A;

    private readonly char[] _characters = new char[256];
    private readonly Dictionary<char, byte> _bytes = [];

    private SingleByteEncoding(string name, bool isLenient)
    {
        IsLenient = isLenient;
        IsMacRoman = name == "macintosh";
        var encoding = CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
        Span<byte> one = stackalloc byte[1];
        for (var value = 0; value < 256; value++)
        {
            one[0] = (byte)value;
            var character = encoding.GetString(one)[0];

            // .NET gives private characters for bytes without one, and the ohm sign where Apple has an omega.
            _characters[value] = character switch
            {
                >= '\uF8F0' and <= '\uF8FE' => (char)value,
                '\u2126' when IsMacRoman => '\u03A9',
                _ => character,
            };
        }

        if (isLenient)
        {
            _characters[Lost] = '\uFFFD';
        }

        for (var value = 0; value < 256; value++)
        {
            _bytes.Add(_characters[value], (byte)value);
        }
    }

    /// <summary>Those that text is wrongly decoded with, likely ones first.</summary>
    public static IReadOnlyList<SingleByteEncoding> Candidates { get; } =
    [
        Latin1 = new("iso-8859-1", isLenient: false),
        Windows1252 = new("windows-1252", isLenient: true),
        new("windows-1251", isLenient: true),
        new("windows-1250", isLenient: true),
        new("windows-1253", isLenient: true),
        new("windows-1254", isLenient: true),
        new("windows-1257", isLenient: true),
        new("iso-8859-2", isLenient: false),
        new("macintosh", isLenient: false),
        new("ibm437", isLenient: false),
    ];

    public static SingleByteEncoding Latin1 { get; }

    public static SingleByteEncoding Windows1252 { get; }

    public bool IsLenient { get; }

    public bool IsMacRoman { get; }

    /// <summary>The character of a byte.</summary>
    public char Character(int value) => _characters[value];

    /// <summary>The bytes that this encoding decodes to <paramref name="text"/>, or null if there are none.</summary>
    public byte[]? TryEncode(string text)
    {
        var bytes = new byte[text.Length];
        for (var i = 0; i < text.Length; i++)
        {
            if (!_bytes.TryGetValue(text[i], out bytes[i]))
            {
                return null;
            }
        }

        return bytes;
    }
}
