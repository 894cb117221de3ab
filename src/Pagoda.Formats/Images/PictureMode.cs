namespace Pagoda.Formats.Images;

/// <summary>What the bytes of a <see cref="Picture"/> mean.</summary>
public enum PictureMode
{
    /// <summary>One channel that is only ever 0 (black) or 255 (white).</summary>
    Bilevel = 0,

    /// <summary>One channel, 0 black to 255 white.</summary>
    Grey = 1,

    /// <summary>Grey and alpha.</summary>
    GreyAlpha = 2,

    /// <summary>Red, green, blue.</summary>
    Rgb = 3,

    /// <summary>Red, green, blue and alpha, not premultiplied.</summary>
    Rgba = 4,

    /// <summary>One channel of indexes into <see cref="Picture.Palette"/>.</summary>
    Palette = 5,
}
