namespace Pagoda.Generation;

/// <summary>How a picture comes into being.</summary>
public enum PaintMethod
{
    /// <summary>CLIP's gradient changes pixels (CLIPAG, CLIP-JEM): <see cref="Pixels.PixelGenerator"/>.</summary>
    Pixels,
    /// <summary>A transformer draws tokens for CLIP's embedding, and a VQGAN decodes them: <see cref="ClipGen.ClipGenGenerator"/>.</summary>
    ClipGen,
}
