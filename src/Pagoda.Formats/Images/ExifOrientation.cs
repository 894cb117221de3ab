using System.Buffers.Binary;

namespace Pagoda.Formats.Images;

/// <summary>
/// The orientation (tag 0x0112, 1 to 8) that a file's EXIF block asks for; 1, upright, where there is none or it is damaged,
/// for a broken remark about a picture is no reason to refuse the picture. Exif 2.32, sections 4.5 and 4.6.4.
/// </summary>
internal static class ExifOrientation
{
    public static int Find(ReadOnlySpan<byte> data, PictureFormat format) => format switch
    {
        PictureFormat.Jpeg => InJpeg(data),
        PictureFormat.Png => InPng(data),
        _ => InWebp(data),
    };

    private static int InJpeg(ReadOnlySpan<byte> data)
    {
        const byte application1 = 0xE1, startOfScan = 0xDA;
        for (var at = 2; at + 4 <= data.Length && data[at] == 0xFF && data[at + 1] != startOfScan;)
        {
            if (data[at + 1] == 0xFF)
            {
                at++; // fill byte
                continue;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(data[(at + 2)..]);
            if (length < 2 || at + 2 + length > data.Length)
            {
                break;
            }

            var body = data.Slice(at + 4, length - 2);
            if (data[at + 1] == application1 && body.StartsWith("Exif\0\0"u8))
            {
                return InTiff(body[6..]);
            }

            at += 2 + length;
        }

        return 1;
    }

    private static int InPng(ReadOnlySpan<byte> data)
    {
        for (var rest = data[PngChunks.Signature.Length..]; PngChunks.TryTake(ref rest, out var chunk);)
        {
            if (chunk.Is("eXIf"u8))
            {
                return InTiff(chunk.Body);
            }
        }

        return 1;
    }

    private static int InWebp(ReadOnlySpan<byte> data)
    {
        for (var rest = data[12..]; rest.Length >= 8;)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            if (length > rest.Length - 8)
            {
                break;
            }

            var body = rest.Slice(8, (int)length);
            if (rest.StartsWith("EXIF"u8))
            {
                return InTiff(body.StartsWith("Exif\0\0"u8) ? body[6..] : body);
            }

            rest = rest[Math.Min(rest.Length, 8 + (int)length + (int)(length & 1))..];
        }

        return 1;
    }

    private static int InTiff(ReadOnlySpan<byte> tiff)
    {
        var little = tiff.StartsWith("II*\0"u8);
        if (tiff.Length < 8 || (!little && !tiff.StartsWith("MM\0*"u8)))
        {
            return 1;
        }

        var directory = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (directory > tiff.Length - 2)
        {
            return 1;
        }

        var entries = Short(tiff, (int)directory, little);
        for (var i = 0; i < entries; i++)
        {
            var at = (int)directory + 2 + (12 * i);
            if (at + 12 > tiff.Length)
            {
                break;
            }

            const int orientation = 0x0112, typeShort = 3;
            if (Short(tiff, at, little) == orientation && Short(tiff, at + 2, little) == typeShort)
            {
                var value = Short(tiff, at + 8, little);
                return value is >= 1 and <= 8 ? value : 1;
            }
        }

        return 1;
    }

    private static int Short(ReadOnlySpan<byte> data, int at, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(data[at..]) : BinaryPrimitives.ReadUInt16BigEndian(data[at..]);
}
