namespace Pagoda.Formats.Images;

/// <summary>How the pixels of a resized picture are interpolated; names and kernels are Pillow's.</summary>
public enum Resampling
{
    /// <summary>The pixel under the centre.</summary>
    Nearest,

    /// <summary>The mean of the pixels covered.</summary>
    Box,

    /// <summary>A triangle of radius 1.</summary>
    Bilinear,

    /// <summary>Keys' cubic of radius 2 with a = -0.5.</summary>
    Bicubic,

    /// <summary>A sinc of radius 3, windowed by a wider sinc.</summary>
    Lanczos,
}
