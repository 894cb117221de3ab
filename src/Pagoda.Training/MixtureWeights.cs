namespace Pagoda.Training;

/// <summary>Sources of a mixture by name, with their weights; equal when names and weights are.</summary>
public sealed class MixtureWeights : Dictionary<string, double>, IEquatable<MixtureWeights>
{
    /// <summary>No sources.</summary>
    public MixtureWeights() : base(StringComparer.Ordinal)
    {
    }

    /// <inheritdoc/>
    public bool Equals(MixtureWeights? other) =>
        other is not null && Count == other.Count && this.All(one => other.TryGetValue(one.Key, out var weight) && weight.Equals(one.Value));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MixtureWeights);

    /// <inheritdoc/>
    public override int GetHashCode() => this.Aggregate(Count, (hash, one) => hash ^ HashCode.Combine(one.Key, one.Value));
}
