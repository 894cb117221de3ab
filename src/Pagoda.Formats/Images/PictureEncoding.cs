namespace Pagoda.Formats.Images;

public static partial class PictureFile
{
    /// <summary>
    /// The picture as a PNG file in its own mode, palette and transparent colour included, with <paramref name="texts"/> before
    /// the pixels. The same picture and texts always give the same bytes with the same libpng and zlib.
    /// </summary>
    /// <param name="picture">Any picture.</param>
    /// <param name="texts">Kept as tEXt where Latin-1 can say them, else as iTXt; read again by <see cref="ReadPngTexts"/>.</param>
    /// <param name="compression">zlib's level, 0 (fast, large) to 9 (slow, small).</param>
    /// <exception cref="PictureException">A text cannot be kept, or the picture is too large.</exception>
    public static byte[] EncodePng(Picture picture, IEnumerable<PngText>? texts = null, int compression = 6) =>
        PngWriter.Write(PictureEncoder.Png(picture, compression), texts);

    /// <summary>As above, at 16 bits a channel.</summary>
    /// <exception cref="PictureException">A text cannot be kept, or the picture is too large.</exception>
    public static byte[] EncodePng(Picture16 picture, IEnumerable<PngText>? texts = null, int compression = 6) =>
        PngWriter.Write(PictureEncoder.Png(picture, compression), texts);

    /// <summary>The texts of a PNG file in file order: tEXt, zTXt and iTXt chunks. Every chunk's check sum is verified.</summary>
    /// <exception cref="PictureException">The file is no PNG, damaged, truncated, or inflates to more than 16 MB of text.</exception>
    public static IReadOnlyList<PngText> ReadPngTexts(ReadOnlySpan<byte> data, string name = "picture") => PngTexts.Read(data, name);

    /// <summary>The picture as a JPEG file, colours at half resolution (4:2:0), transparency over white.</summary>
    /// <param name="picture">Any picture of at most 65500 pixels a side.</param>
    /// <param name="quality">1 (small) to 100 (good), on libjpeg's scale.</param>
    /// <exception cref="PictureException">The quality is out of range, or the picture too large for the format.</exception>
    public static byte[] EncodeJpeg(Picture picture, int quality = 92)
    {
        if (quality is < 1 or > 100)
        {
            throw new PictureException($"A JPEG quality of {quality} is out of range; choose 1 to 100.");
        }

        return PictureEncoder.Jpeg(picture, quality);
    }

    /// <summary>The picture as a WebP file, with alpha where it has any.</summary>
    /// <param name="picture">Any picture of at most 16383 pixels a side.</param>
    /// <param name="quality">0 (small) to 100 (good); with <paramref name="lossless"/>, the effort to make it small.</param>
    /// <param name="lossless">Whether every pixel is kept exactly.</param>
    /// <exception cref="PictureException">The quality is out of range, or the picture too large for the format.</exception>
    public static byte[] EncodeWebp(Picture picture, float quality = 80, bool lossless = false) =>
        PictureEncoder.Webp(picture, CheckQuality(quality), lossless);

    /// <summary>The frames as an animated WebP file.</summary>
    /// <param name="frames">At least one picture, all of one size.</param>
    /// <param name="frameTime">How long each is shown, at least a millisecond.</param>
    /// <param name="loops">How often it plays; 0 for ever.</param>
    /// <param name="quality">As for <see cref="EncodeWebp"/>.</param>
    /// <param name="lossless">As for <see cref="EncodeWebp"/>.</param>
    /// <exception cref="PictureException">There is no frame, their sizes differ, or a parameter is out of range.</exception>
    public static byte[] EncodeWebpAnimation(IReadOnlyList<Picture> frames, TimeSpan frameTime, int loops = 0, float quality = 80, bool lossless = false)
    {
        ArgumentNullException.ThrowIfNull(frames);
        if (frames.Count == 0)
        {
            throw new PictureException("An animation needs at least one frame.");
        }

        var odd = frames.FirstOrDefault(frame => (frame.Width, frame.Height) != (frames[0].Width, frames[0].Height));
        if (odd is not null)
        {
            throw new PictureException($"All frames of an animation have one size, but one is {odd.Width} x {odd.Height} pixels and the first {frames[0].Width} x {frames[0].Height}.");
        }

        if (frameTime.TotalMilliseconds < 1 || frameTime.TotalMilliseconds * frames.Count > int.MaxValue)
        {
            throw new PictureException($"A frame time of {frameTime.TotalMilliseconds} ms is out of range; choose 1 ms or more, and less than 24 days in all.");
        }

        if (loops is < 0 or > 65535)
        {
            throw new PictureException($"An animation cannot play {loops} times; choose 1 to 65535, or 0 for ever.");
        }

        return PictureEncoder.WebpAnimation(frames, frameTime, loops, CheckQuality(quality), lossless);
    }

    private static float CheckQuality(float quality) =>
        quality is >= 0 and <= 100 ? quality : throw new PictureException($"A WebP quality of {quality} is out of range; choose 0 to 100.");
}
