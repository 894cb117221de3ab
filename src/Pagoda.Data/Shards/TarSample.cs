namespace Pagoda.Data.Shards;

/// <summary>The files of one sample in a webdataset shard.</summary>
/// <param name="Shard">The path of the shard.</param>
/// <param name="Index">The sample's number in its shard, from 0.</param>
/// <param name="Key">The files' name up to the first dot.</param>
/// <param name="Parts">File contents by lower-case extension: <c>jpg</c>, <c>txt</c>, <c>json</c>.</param>
public sealed record TarSample(string Shard, int Index, string Key, IReadOnlyDictionary<string, byte[]> Parts)
{
    /// <summary>The first of its files that was too large to be read, if any; it is not among the parts.</summary>
    public string? TooLarge { get; init; }

    /// <summary>Whether the shard is cut or damaged right behind what was read of it, so that files of it may be missing.</summary>
    public bool MayBeCut { get; init; }
}
