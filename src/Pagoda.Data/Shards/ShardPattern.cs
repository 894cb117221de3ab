using System.Globalization;

namespace Pagoda.Data.Shards;

/// <summary>Expands what users write for a list of shards: <c>a/{00000..00012}.tar::b/*.tar</c>.</summary>
public static class ShardPattern
{
    private const int MostShards = 1_000_000;

    /// <summary>
    /// The paths that a pattern names, in order: <c>::</c> joins patterns, <c>{00..12}</c> counts (with leading zeros as the
    /// first number has them), <c>{a,b}</c> lists, <c>*</c> or <c>?</c> in the file name match existing files, sorted, and
    /// a folder stands for the <c>.tar</c> files in it (as img2dataset leaves them, beside their .parquet and .json).
    /// </summary>
    /// <exception cref="DataException">A brace is not closed or not understood, or a wild card matches nothing.</exception>
    public static IReadOnlyList<string> Expand(string pattern)
    {
        var paths = new List<string>();
        foreach (var part in pattern.Split("::", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            foreach (var path in Braces(part))
            {
                paths.AddRange(Path.GetFileName(path).AsSpan().IndexOfAny('*', '?') >= 0 ? Matches(path) : IsFolder(path) ? OfFolder(path) : [path]);
                if (paths.Count > MostShards)
                {
                    throw new DataException($"The shard pattern \"{pattern}\" names more than {MostShards} shards.");
                }
            }
        }

        return paths.Count > 0 ? paths : throw new DataException("The shard pattern is empty; write something like data/{00000..00012}.tar.");
    }

    private static IEnumerable<string> Braces(string pattern)
    {
        var open = pattern.IndexOf('{');
        if (open < 0)
        {
            yield return pattern;
            yield break;
        }

        var close = pattern.IndexOf('}', open);
        if (close < 0)
        {
            throw new DataException($"The shard pattern \"{pattern}\" opens a brace and does not close it.");
        }

        foreach (var choice in Choices(pattern[(open + 1)..close], pattern))
        {
            foreach (var rest in Braces(pattern[(close + 1)..]))
            {
                yield return pattern[..open] + choice + rest;
            }
        }
    }

    private static IEnumerable<string> Choices(string inside, string pattern)
    {
        var range = inside.Split("..");
        if (range.Length == 1 && inside.Contains(','))
        {
            return inside.Split(',');
        }

        if (range.Length != 2 || !int.TryParse(range[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !int.TryParse(range[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) || last < first || last - first >= MostShards)
        {
            throw new DataException($"\"{{{inside}}}\" in the shard pattern \"{pattern}\" is not understood; write {{00000..00012}} or {{a,b}}.");
        }

        return Enumerable.Range(first, last - first + 1).Select(n => n.ToString(CultureInfo.InvariantCulture).PadLeft(range[0].Length, '0'));
    }

    // A folder may be called something.tar; then it is a broken shard.
    private static bool IsFolder(string path) => !path.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) && Directory.Exists(path);

    private static string[] OfFolder(string path)
    {
        var shards = Directory.GetFiles(path, "*.tar");
        Array.Sort(shards, StringComparer.Ordinal);
        return shards.Length > 0 ? shards : throw new DataException($"The folder {path} has no .tar files; if pictures lie in it, name it as data.folder.");
    }

    private static string[] Matches(string path)
    {
        var folder = Path.GetDirectoryName(path) is { Length: > 0 } named ? named : ".";
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, Path.GetFileName(path)) : [];
        Array.Sort(files, StringComparer.Ordinal);
        return files.Length > 0 ? files : throw new DataException($"No file matches the shard pattern {path}.");
    }
}
