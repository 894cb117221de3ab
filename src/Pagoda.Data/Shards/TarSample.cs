namespace Pagoda.Data.Shards;

/// <summary>The files of one sample in a webdataset shard.</summary>
/// <param name="Shard">The path of the shard.</param>
/// <param name="Index">The sample's number in its shard, from 0.</param>
/// <param name="Key">The files' name up to the first dot.</param>
/// <param name="Parts">File contents by lower-case extension: <c>jpg</c>, <c>txt</c>, <c>json</c>.</param>
public sealed record TarSample(string Shard, int Index, string Key, IReadOnlyDictionary<string, byte[]> Parts);
