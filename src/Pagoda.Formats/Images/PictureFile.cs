namespace Pagoda.Formats.Images;

/// <summary>Picture files to pictures and back: PNG, JPEG and WebP.</summary>
public static partial class PictureFile
{
    /// <summary>
    /// Decodes a PNG, JPEG or WebP file, told apart by its first bytes. The picture keeps the mode of the file (palette, grey,
    /// alpha); <see cref="Picture.ToRgb"/> resolves them all. 16-bit PNG gives the high bytes, CMYK JPEG becomes RGB, an
    /// animated WebP gives its first frame, and EXIF orientation is applied unless <paramref name="limits"/> says otherwise.
    /// </summary>
    /// <param name="data">The whole file.</param>
    /// <param name="name">What error messages call it.</param>
    /// <param name="limits">What it may cost; <see cref="DecodeLimits.Default"/> if null.</param>
    /// <exception cref="PictureException">The file is of another format, damaged, truncated or larger than <paramref name="limits"/>.</exception>
    public static Picture Decode(ReadOnlySpan<byte> data, string name = "picture", DecodeLimits? limits = null)
    {
        limits ??= DecodeLimits.Default;
        var format = PictureFormats.Sniff(data, name);
        var picture = PictureDecoder.Decode(data, format, name, limits);
        return limits.ApplyOrientation ? picture.Orient(ExifOrientation.Find(data, format)) : picture;
    }

    /// <summary>Decodes a PNG at 16 bits a channel: lesser depths are stretched, palettes looked up, transparency made alpha.</summary>
    /// <exception cref="PictureException">The file is no PNG, damaged, truncated or larger than <paramref name="limits"/>.</exception>
    public static Picture16 DecodePng16(ReadOnlySpan<byte> data, string name = "picture", DecodeLimits? limits = null)
    {
        if (PictureFormats.Sniff(data, name) != PictureFormat.Png)
        {
            throw new PictureException($"{name} is not a PNG; only PNG holds 16 bits a channel.");
        }

        return PictureDecoder.DecodeDeep(data, name, limits ?? DecodeLimits.Default);
    }

    /// <summary>Reads and decodes the file at <paramref name="path"/>, as <see cref="Decode"/> does.</summary>
    /// <exception cref="PictureException">The file cannot be read or decoded.</exception>
    public static Picture Load(string path, DecodeLimits? limits = null)
    {
        byte[] data;
        try
        {
            data = File.ReadAllBytes(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new PictureException($"{path} cannot be read: {problem.Message}", problem);
        }

        return Decode(data, path, limits);
    }

    /// <summary>
    /// Writes <paramref name="bytes"/> to <paramref name="path"/> under a temporary name that is renamed at the end, so that
    /// nobody ever sees half a file. Missing folders are made.
    /// </summary>
    /// <exception cref="PictureException">The file exists and <paramref name="force"/> is false, or it cannot be written.</exception>
    public static void Save(string path, ReadOnlySpan<byte> bytes, bool force = false)
    {
        if (!force && File.Exists(path))
        {
            throw new PictureException($"{path} exists already; choose another name, or ask to overwrite it.");
        }

        var full = Path.GetFullPath(path);
        var temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllBytes(temporary, bytes);
            File.Move(temporary, full, overwrite: force);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }

            throw new PictureException($"{path} cannot be written: {problem.Message}", problem);
        }
    }
}
