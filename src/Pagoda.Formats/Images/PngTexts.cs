using System.IO.Compression;
using System.Text;

namespace Pagoda.Formats.Images;

/// <summary>The chunks tEXt (Latin-1), zTXt (Latin-1, deflated) and iTXt (UTF-8) of PNG files (PNG specification, section 11.3.4).</summary>
internal static class PngTexts
{
    // Text of all compressed chunks of one file together; a kilobyte of zeros could otherwise ask for a megabyte.
    private const int MaximumInflated = 16 << 20;
    private const int MaximumKeyword = 79;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static List<PngText> Read(ReadOnlySpan<byte> data, string name)
    {
        if (!data.StartsWith(PngChunks.Signature))
        {
            throw new PictureException($"{name} is not a PNG file; only PNG files hold these texts.");
        }

        var texts = new List<PngText>();
        var budget = MaximumInflated;
        var rest = data[PngChunks.Signature.Length..];
        while (PngChunks.TryTake(ref rest, out var chunk))
        {
            if (!chunk.IsIntact)
            {
                var at = data.Length - rest.Length - chunk.Body.Length - 12;
                throw new PictureException($"{name} is damaged: the check sum of the chunk at byte {at} is wrong.");
            }

            if (chunk.Is("IEND"u8))
            {
                return texts;
            }

            if (chunk.Is("tEXt"u8) || chunk.Is("zTXt"u8) || chunk.Is("iTXt"u8))
            {
                try
                {
                    texts.Add(Parse(chunk, ref budget));
                }
                catch (Exception problem) when (problem is IOException or InvalidDataException or DecoderFallbackException)
                {
                    throw new PictureException($"{name} holds a {Encoding.ASCII.GetString(chunk.Type)} chunk that cannot be read: {problem.Message}", problem);
                }
            }
        }

        throw new PictureException($"{name} is truncated: it ends without an IEND chunk.");
    }

    /// <summary>The chunk for a text: tEXt where Latin-1 can say it, else iTXt.</summary>
    public static byte[] Make(PngText text)
    {
        var keyword = text.Keyword;
        if (keyword.Length is 0 or > MaximumKeyword || keyword.Any(c => !IsLatin(c) || char.IsControl(c) || c == '\u00A0')
            || keyword.Trim() != keyword || keyword.Contains("  ", StringComparison.Ordinal))
        {
            throw new PictureException($"'{keyword}' cannot name a PNG text; use 1 to {MaximumKeyword} printable Latin-1 characters without a space at the ends or two in a row.");
        }

        if (text.Text.Contains('\0', StringComparison.Ordinal))
        {
            throw new PictureException($"The PNG text '{keyword}' contains a NUL character; remove it.");
        }

        byte[] head = [.. Encoding.Latin1.GetBytes(keyword), 0];
        if (text.Text.All(IsLatin))
        {
            return PngChunks.Make("tEXt"u8, [.. head, .. Encoding.Latin1.GetBytes(text.Text)]);
        }

        try
        {
            // Not compressed, method 0, no language, no translated keyword.
            return PngChunks.Make("iTXt"u8, [.. head, 0, 0, 0, 0, .. Utf8.GetBytes(text.Text)]);
        }
        catch (EncoderFallbackException problem)
        {
            throw new PictureException($"The PNG text '{keyword}' holds half a surrogate pair at character {problem.Index}; remove it.", problem);
        }
    }

    private static bool IsLatin(char c) => c <= '\u00FF';

    private static PngText Parse(PngChunks.Chunk chunk, ref int budget)
    {
        var rest = chunk.Body;
        var keyword = Encoding.Latin1.GetString(TakeField(ref rest, "keyword"));
        if (chunk.Is("tEXt"u8))
        {
            return new PngText(keyword, Encoding.Latin1.GetString(rest));
        }

        if (chunk.Is("zTXt"u8))
        {
            CheckMethod(rest.IsEmpty ? -1 : rest[0]);
            return new PngText(keyword, Encoding.Latin1.GetString(Inflate(rest[1..], ref budget)));
        }

        if (rest.Length < 2)
        {
            throw new InvalidDataException("it ends within its header.");
        }

        var compressed = rest[0] != 0;
        if (compressed)
        {
            CheckMethod(rest[1]);
        }

        rest = rest[2..];
        TakeField(ref rest, "language");
        TakeField(ref rest, "translated keyword");
        return new PngText(keyword, Utf8.GetString(compressed ? Inflate(rest, ref budget) : rest));
    }

    private static ReadOnlySpan<byte> TakeField(ref ReadOnlySpan<byte> rest, string what)
    {
        var end = rest.IndexOf((byte)0);
        if (end < 0)
        {
            throw new InvalidDataException($"its {what} does not end.");
        }

        var field = rest[..end];
        rest = rest[(end + 1)..];
        return field;
    }

    private static void CheckMethod(int method)
    {
        if (method != 0)
        {
            throw new InvalidDataException("its compression method is not deflate.");
        }
    }

    private static byte[] Inflate(ReadOnlySpan<byte> deflated, ref int budget)
    {
        using var inflater = new ZLibStream(new MemoryStream(deflated.ToArray()), CompressionMode.Decompress);
        using var text = new MemoryStream();
        var buffer = new byte[8192];
        for (int count; (count = inflater.Read(buffer)) > 0;)
        {
            budget -= count;
            if (budget < 0)
            {
                throw new InvalidDataException($"it inflates to more than the {MaximumInflated >> 20} MB allowed.");
            }

            text.Write(buffer, 0, count);
        }

        return text.ToArray();
    }
}
