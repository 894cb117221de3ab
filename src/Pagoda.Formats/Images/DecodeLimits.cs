namespace Pagoda.Formats.Images;

/// <summary>What a decoder may spend on a file, and how it may save. Sizes are checked before anything is allocated.</summary>
public sealed record DecodeLimits
{
    /// <summary>100 megapixels, 1 GiB, full size, upright.</summary>
    public static DecodeLimits Default { get; } = new();

    /// <summary>The most pixels, width times height, that a file may have.</summary>
    public long MaximumPixels { get; init; } = 100_000_000;

    /// <summary>The most bytes that the decoded pixels may take.</summary>
    public long MaximumBytes { get; init; } = 1L << 30;

    /// <summary>
    /// For JPEG: decode at the smallest of 1/8, 2/8 … 8/8 of the size at which the shorter side still has this many pixels,
    /// which is many times faster for large photos. 0 decodes at full size. Other formats take no notice.
    /// </summary>
    public int MinimumSize { get; init; }

    /// <summary>Turn the picture upright as its EXIF orientation asks; without, pixels come as they are stored (as Pillow gives them).</summary>
    public bool ApplyOrientation { get; init; } = true;
}
