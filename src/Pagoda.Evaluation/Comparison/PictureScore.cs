namespace Pagoda.Evaluation.Comparison;

/// <summary>What the judges say of a set of pictures, one for each prompt.</summary>
public sealed record PictureScore
{
    /// <summary>What painted them, or what else they are.</summary>
    public required string Model { get; init; }

    /// <summary>What the paintings started from.</summary>
    public required string Start { get; init; }

    /// <summary>Pictures.</summary>
    public required int Count { get; init; }

    /// <summary>Fréchet distance from other real scenes, in the classifier's pooled layer; smaller is better.</summary>
    public required Interval Frechet { get; init; }

    /// <summary>Share of pictures whose caption the independent CLIP puts first among 100.</summary>
    public required Interval Retrieval { get; init; }

    /// <summary>The same over captions whose combinations were trained on.</summary>
    public required Interval RetrievalSeen { get; init; }

    /// <summary>The same over captions with unseen combinations.</summary>
    public required Interval RetrievalUnseen { get; init; }

    /// <summary>Share of pictures of one kind of thing that the classifier names right.</summary>
    public required Interval Named { get; init; }
}
