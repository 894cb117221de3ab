namespace Pagoda.Data.Shards;

/// <summary>Samples of a shard that are to be read: those with numbers <c>Phase, Phase + Step, ...</c>, from <c>From</c> on.</summary>
/// <param name="Shard">The shard's number in the list.</param>
/// <param name="From">The smallest number wanted.</param>
/// <param name="Step">Every so many-th.</param>
/// <param name="Phase">The remainder of the wanted numbers.</param>
internal readonly record struct ShardSegment(int Shard, int From = 0, int Step = 1, int Phase = 0)
{
    public bool Has(int index) => index >= From && index % Step == Phase;

    /// <summary>A list of segments dealt to processes: in turn, or each split by its samples when there are fewer segments than processes.</summary>
    public static ShardSegment[] Deal(IReadOnlyList<ShardSegment> all, Share share) => all.Count >= share.Parts
        ? [.. all.Where((_, i) => share.Has(i))]
        : [.. all.Select(one => one with { Step = one.Step * share.Parts, Phase = one.Phase + share.Part * one.Step })];
}
