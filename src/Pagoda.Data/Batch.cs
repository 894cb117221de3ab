namespace Pagoda.Data;

/// <summary>Pictures with their captions.</summary>
/// <param name="Images">[N, 3, Size, Size], planar RGB in [0, 1], row-major.</param>
/// <param name="Captions">N captions.</param>
/// <param name="Size">Width and height of the pictures in pixels.</param>
public sealed record Batch(float[] Images, string[] Captions, int Size)
{
    /// <summary>The pictures as tokens and embeddings, in place of pixels, where they were prepared so; null otherwise.</summary>
    public PreparedTokens? Tokens { get; init; }

    /// <summary>How many pictures there are.</summary>
    public int Count => Captions.Length;

    /// <summary>One picture, [3, Size, Size].</summary>
    public Span<float> Image(int index) => Images.AsSpan(index * 3 * Size * Size, 3 * Size * Size);
}

/// <summary>Pictures as a VQGAN's tokens with their CLIP embeddings.</summary>
/// <param name="Codes">[N, T], row by row.</param>
/// <param name="Embeddings">[N, C] of length 1, row by row.</param>
public sealed record PreparedTokens(long[] Codes, float[] Embeddings);
