using System.Text;

namespace Pagoda.Models.Clip.Tokenizer.Cleaning;

/// <summary>
/// Decodes UTF-8 that was damaged on its way: no-break spaces turned into spaces, bytes lost, surrogates encoded one by one
/// (rspeer/python-ftfy 6.3, <c>ftfy/fixes.py</c>, <c>ftfy/chardata.py</c> and <c>ftfy/bad_codecs/utf8_variants.py</c>).
/// </summary>
internal static class BrokenUtf8
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The text of the bytes, or null if they are no UTF-8, damaged in one of the known ways or not.</summary>
    public static string? TryDecode(byte[] bytes, bool restoreSpaces, bool replaceLost)
    {
        bytes = restoreSpaces ? RestoreNoBreakSpaces(bytes) : bytes;
        bytes = replaceLost ? ReplaceLostSequences(bytes) : bytes;
        bytes = JoinSurrogates(bytes);
        try
        {
            return s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>Turns byte 0x20 into 0xA0 where that makes a likely character.</summary>
    private static byte[] RestoreNoBreakSpaces(byte[] bytes)
    {
        if (!AnyAltered(bytes))
        {
            return bytes;
        }

        bytes = SeparateGraveA(bytes);
        for (var i = 0; i < bytes.Length;)
        {
            var length = AlteredLength(bytes.AsSpan(i));
            bytes.AsSpan(i, length).Replace((byte)' ', (byte)0xA0);
            i += Math.Max(length, 1);
        }

        return bytes;
    }

    private static bool AnyAltered(byte[] bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (AlteredLength(bytes.AsSpan(i)) > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// À stands alone as a word so often that its space is kept beside the restored byte, unless it begins one of the
    /// Portuguese contractions às, àquele, àquela, àquilo.
    /// </summary>
    private static byte[] SeparateGraveA(byte[] bytes)
    {
        var result = new List<byte>(bytes.Length + 4);
        for (var i = 0; i < bytes.Length; i++)
        {
            result.Add(bytes[i]);
            if (bytes[i] == 0xC3 && i + 1 < bytes.Length && bytes[i + 1] == ' ' && !GoesOn(bytes.AsSpan(i + 2)))
            {
                result.Add(0xA0);
            }
        }

        return [.. result];

        static bool GoesOn(ReadOnlySpan<byte> rest) =>
            rest.StartsWith(" "u8) || rest.StartsWith("quele"u8) || rest.StartsWith("quela"u8)
            || rest.StartsWith("quilo"u8) || rest.StartsWith("s "u8);
    }

    /// <summary>The length of a sequence that is UTF-8 of a likely character but for one space, or 0.</summary>
    private static int AlteredLength(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2)
        {
            return 0;
        }

        var (lead, second) = (bytes[0], bytes[1]);
        if (lead is 0xC2 or 0xC3 or 0xC5 or 0xCE or 0xD0 or 0xD9)
        {
            return second == ' ' ? 2 : 0;
        }

        if (bytes.Length >= 3 && lead is >= 0xE0 and <= 0xE3)
        {
            var third = bytes[2];
            return (lead >= 0xE2 && second == ' ' && IsTelling(third)) || (IsTelling(second) && third == ' ') ? 3 : 0;
        }

        if (bytes.Length >= 4 && lead == 0xF0)
        {
            var (spaces, others) = (0, 0);
            foreach (var value in bytes[1..4])
            {
                spaces += value == ' ' ? 1 : 0;
                others += IsContinuation(value) ? 1 : 0;
            }

            return spaces == 1 && others == 2 ? 4 : 0;
        }

        return 0;

        static bool IsTelling(byte value) => IsContinuation(value) && value is not 0x85 and not 0xA0;
    }

    /// <summary>Puts U+FFFD in the place of sequences of which bytes were lost.</summary>
    private static byte[] ReplaceLostSequences(byte[] bytes)
    {
        if (!bytes.AsSpan().ContainsAny(SingleByteEncoding.Lost, (byte)'?'))
        {
            return bytes;
        }

        var result = new List<byte>(bytes.Length + 2);
        for (var i = 0; i < bytes.Length;)
        {
            var length = LostLength(bytes.AsSpan(i));
            if (length > 0)
            {
                result.AddRange("\uFFFD"u8);
                i += length;
            }
            else
            {
                result.Add(bytes[i++]);
            }
        }

        return [.. result];
    }

    /// <summary>
    /// The length of a sequence with lost bytes, or 0. At most one of them may be a question mark.
    /// </summary>
    private static int LostLength(ReadOnlySpan<byte> bytes)
    {
        var lead = bytes[0];
        if (lead == SingleByteEncoding.Lost)
        {
            return 1;
        }

        if (bytes.Length >= 2 && ((lead is >= 0xC2 and <= 0xDF && bytes[1] == SingleByteEncoding.Lost)
            || (lead is 0xC2 or 0xC3 && bytes[1] == '?')))
        {
            return 2;
        }

        if (bytes.Length >= 6 && lead == 0xED && bytes[3] == 0xED && bytes[1] is >= 0xA0 and <= 0xAF
            && bytes[4] is >= 0xB0 and <= 0xBF
            && (IsLost(bytes[2]) || IsLost(bytes[5]))
            && (IsLost(bytes[2]) || IsContinuation(bytes[2])) && (IsLost(bytes[5]) || IsContinuation(bytes[5])))
        {
            return 6;
        }

        var length = lead switch
        {
            >= 0xE0 and <= 0xEF => 3,
            >= 0xF0 and <= 0xF4 => 4,
            _ => 0,
        };
        if (length == 0 || bytes.Length < length)
        {
            return 0;
        }

        var (lost, questions) = (0, 0);
        foreach (var value in bytes[1..length])
        {
            if (!IsLost(value) && !IsContinuation(value))
            {
                return 0;
            }

            lost += IsLost(value) ? 1 : 0;
            questions += value == '?' ? 1 : 0;
        }

        return lost > 0 && questions <= 1 ? length : 0;

        static bool IsLost(byte value) => value is SingleByteEncoding.Lost or (byte)'?';
    }

    /// <summary>
    /// Turns pairs of surrogates (CESU-8) into one character, and C0 80 (Java) into U+0000. As in ftfy, a line feed that
    /// ends the text passes for the last byte of either.
    /// </summary>
    private static byte[] JoinSurrogates(byte[] bytes)
    {
        if (!bytes.AsSpan().ContainsAny((byte)0xED, (byte)0xC0))
        {
            return bytes;
        }

        var result = new List<byte>(bytes.Length);
        Span<byte> joined = stackalloc byte[4];
        for (var i = 0; i < bytes.Length;)
        {
            var rest = bytes.AsSpan(i);
            if (rest.Length >= 6 && rest[0] == 0xED && rest[1] is >= 0xA0 and <= 0xAF && IsContinuation(rest[2])
                && rest[3] == 0xED && rest[4] is >= 0xB0 and <= 0xBF && IsLast(rest, 5))
            {
                var point = 0x10000 + ((rest[1] & 0x0F) << 16) + ((rest[2] & 0x3F) << 10)
                    + ((rest[4] & 0x0F) << 6) + (rest[5] & 0x3F);
                result.AddRange(joined[..new Rune(point).EncodeToUtf8(joined)]);
                i += 6;
            }
            else if (rest.Length >= 2 && rest[0] == 0xC0 && (rest[1] == 0x80 || IsFinalLineFeed(rest, 1)))
            {
                result.Add(0);
                i += 2;
            }
            else
            {
                result.Add(bytes[i++]);
            }
        }

        return [.. result];

        static bool IsLast(ReadOnlySpan<byte> rest, int position) =>
            IsContinuation(rest[position]) || IsFinalLineFeed(rest, position);

        static bool IsFinalLineFeed(ReadOnlySpan<byte> rest, int position) =>
            rest[position] == '\n' && position == rest.Length - 1;
    }

    private static bool IsContinuation(byte value) => value is >= 0x80 and <= 0xBF;
}
