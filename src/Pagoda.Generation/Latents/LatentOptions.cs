namespace Pagoda.Generation.Latents;

/// <summary>How a VQGAN's latents are painted with.</summary>
public sealed record LatentOptions
{
    /// <summary>Larger pictures are worked on in tiles of at most so many pixels a side; 0 for no tiles.</summary>
    public int Tile { get; init; } = 512;

    /// <summary>Refuses what cannot be done.</summary>
    /// <exception cref="GenerationException">One sentence on what that is.</exception>
    public void Check()
    {
        if (Tile is < 0 or > 16384)
        {
            throw new GenerationException($"Tiles of {Tile} pixels cannot be made; choose 1 to 16384, or 0 for none.");
        }
    }
}
