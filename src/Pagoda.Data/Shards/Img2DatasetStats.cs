using System.Text.Json;

namespace Pagoda.Data.Shards;

/// <summary>What img2dataset wrote beside its shards: <c>00000_stats.json</c> with <c>successes</c>.</summary>
internal static class Img2DatasetStats
{
    /// <summary>Pictures in all shards; null when one has no such file.</summary>
    public static long? Successes(IReadOnlyList<string> shards)
    {
        var sum = 0L;
        foreach (var shard in shards)
        {
            var path = $"{Path.Combine(Path.GetDirectoryName(shard) ?? "", Path.GetFileNameWithoutExtension(shard))}_stats.json";
            try
            {
                using var stats = JsonDocument.Parse(File.ReadAllBytes(path));
                sum += stats.RootElement.GetProperty("successes").GetInt64();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                // It is only for the description.
                return null;
            }
        }

        return sum;
    }
}
