using Pagoda.Generation.Guidance;

namespace Pagoda.Generation.Provenance;

/// <summary>A critic of a painting.</summary>
/// <param name="Source">Its file.</param>
/// <param name="Sha256">SHA-256 of its weights, in lower-case hexadecimal.</param>
/// <param name="Weight">How much it counted.</param>
public sealed record CriticRecord(string Source, string Sha256, double Weight)
{
    /// <summary>The record of a critic.</summary>
    /// <exception cref="GenerationException">Its file is not known.</exception>
    public static CriticRecord Of(Critic critic) => critic.File is { Source: { } source, Sha256: var hash }
        ? new CriticRecord(source, hash, critic.Weight)
        : throw new GenerationException("A critic without a file cannot be recorded; make it with Critic.Of.");
}
