using System.Buffers.Binary;

namespace Pagoda.Formats.Images;

public static partial class PictureFile
{
    /// <summary>
    /// The width and height that <see cref="Decode"/> would give a JPEG at full size, from its frame header alone (ITU-T T.81, B.2.2),
    /// upright; null for other formats and where no header is found.
    /// </summary>
    /// <param name="data">The file.</param>
    public static (int Width, int Height)? JpegSize(ReadOnlySpan<byte> data)
    {
        const byte startOfScan = 0xDA;
        if (!data.StartsWith<byte>([0xFF, 0xD8, 0xFF]))
        {
            return null;
        }

        for (var at = 2; at + 9 <= data.Length && data[at] == 0xFF && data[at + 1] != startOfScan;)
        {
            var marker = data[at + 1];
            if (marker == 0xFF)
            {
                at++; // fill byte
                continue;
            }

            // SOF0 to SOF15 without DHT, JPG and DAC, which share the range.
            if (marker is >= 0xC0 and <= 0xCF and not 0xC4 and not 0xC8 and not 0xCC)
            {
                int height = BinaryPrimitives.ReadUInt16BigEndian(data[(at + 5)..]), width = BinaryPrimitives.ReadUInt16BigEndian(data[(at + 7)..]);
                return height == 0 || width == 0 ? null : ExifOrientation.Find(data, PictureFormat.Jpeg) >= 5 ? (height, width) : (width, height);
            }

            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(data[(at + 2)..]);
        }

        return null;
    }
}
