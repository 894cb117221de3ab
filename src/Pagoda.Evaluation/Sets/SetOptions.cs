using Pagoda.Evaluation.Features;
using Pagoda.Torch.Distributed;

namespace Pagoda.Evaluation.Sets;

/// <summary>What is measured of a set, and how.</summary>
public sealed record SetOptions
{
    /// <summary>What is measured.</summary>
    public required IReadOnlyList<SetMeasure> Measures { get; init; }

    /// <summary>Parts of the Inception Score; papers take 10.</summary>
    public int Splits { get; init; } = 10;

    /// <summary>Draws subsets, other captions and resamples.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Pictures at once.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>Resamples of the Fréchet distance's bootstrap in networks of up to 512 features; 0 for no intervals of it at all, so that no features are kept for it.</summary>
    public int Resamples { get; init; } = 200;

    /// <summary>Captions in the pictures' order; those found with the pictures otherwise.</summary>
    public IReadOnlyList<string>? Captions { get; init; }

    /// <summary>What made the pictures, as a table's row is called; the source's name otherwise.</summary>
    public string? Subject { get; init; }

    /// <summary>Where statistics of references are kept; null keeps none.</summary>
    public StatisticsCache? Cache { get; init; }

    /// <summary>The other processes that share the pictures.</summary>
    public ProcessGroup? Group { get; init; }
}
