namespace Pagoda.Models.Clip.Tokenizer.Cleaning;

/// <summary>
/// The kinds of characters that occur in text decoded with a wrong encoding, by how they stand beside each other in
/// text that is not broken (rspeer/python-ftfy, <c>ftfy/badness.py</c>).
/// </summary>
[Flags]
internal enum CharacterKinds
{
    None = 0,

    /// <summary>Found in so many places that they say nothing by themselves.</summary>
    Common = 1 << 0,

    /// <summary>U+0080 to U+009F, which no text needs.</summary>
    C1 = 1 << 1,

    /// <summary>Hardly ever seen but in broken text.</summary>
    Bad = 1 << 2,
    Law = 1 << 3,
    Currency = 1 << 4,
    Opening = 1 << 5,
    Closing = 1 << 6,
    Numeric = 1 << 7,

    /// <summary>Accented letters that faces are drawn with.</summary>
    Face = 1 << 8,
    UpperAccented = 1 << 9,
    LowerAccented = 1 << 10,

    /// <summary>Capitals of other alphabets, and thorn.</summary>
    UpperCommon = 1 << 11,
    LowerCommon = 1 << 12,
    Box = 1 << 13,
    AsciiUpper = 1 << 14,
    AsciiLower = 1 << 15,
    Space = 1 << 16,

    /// <summary>Letters, numbers and the underscore.</summary>
    Word = 1 << 17,

    AsciiLetter = AsciiUpper | AsciiLower,
    Accented = UpperAccented | LowerAccented,
    Punctuation = Opening | Closing,
}
