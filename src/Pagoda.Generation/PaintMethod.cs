namespace Pagoda.Generation;

/// <summary>How a picture comes into being.</summary>
public enum PaintMethod
{
    /// <summary>CLIP's gradient changes pixels (CLIPAG, CLIP-JEM): <see cref="Pixels.PixelGenerator"/>.</summary>
    Pixels,
    /// <summary>A transformer draws tokens for CLIP's embedding, and a VQGAN decodes them: <see cref="ClipGen.ClipGenGenerator"/>.</summary>
    ClipGen,
    /// <summary>A critic's gradient moves strokes (CLIPDraw): <see cref="Strokes.StrokeGenerator"/>.</summary>
    Strokes,
    /// <summary>A critic's gradient moves a VQGAN's latents (VQGAN+CLIP): <see cref="Latents.LatentGenerator"/>.</summary>
    Latents,
    /// <summary>A critic's gradient steers an unconditional diffusion: <see cref="Diffusion.DiffusionGenerator"/>.</summary>
    Diffusion,
}
