namespace Pagoda.Formats.Images;

/// <summary>The file formats that pictures are read from.</summary>
public enum PictureFormat
{
    /// <summary>Portable Network Graphics.</summary>
    Png,

    /// <summary>JPEG (JFIF, Exif, or bare).</summary>
    Jpeg,

    /// <summary>WebP, lossy, lossless or animated.</summary>
    Webp,
}

internal static class PictureFormats
{
    public static PictureFormat Sniff(ReadOnlySpan<byte> data, string name)
    {
        if (data.StartsWith(PngChunks.Signature))
        {
            return PictureFormat.Png;
        }

        if (data.StartsWith<byte>([0xFF, 0xD8, 0xFF]))
        {
            return PictureFormat.Jpeg;
        }

        if (data.Length >= 12 && data.StartsWith("RIFF"u8) && data[8..].StartsWith("WEBP"u8))
        {
            return PictureFormat.Webp;
        }

        throw new PictureException(data.IsEmpty
            ? $"{name} is empty; a PNG, JPEG or WebP file is needed."
            : $"{name} is not a PNG, JPEG or WebP file (it starts with {Convert.ToHexString(data[..Math.Min(8, data.Length)])}); convert it to one of these.");
    }
}
