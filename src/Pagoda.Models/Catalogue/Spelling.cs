namespace Pagoda.Models.Catalogue;

/// <summary>Finds the name that somebody probably meant.</summary>
public static class Spelling
{
    /// <summary>
    /// The candidate with the smallest edit distance (insertions, deletions, substitutions and swaps of neighbours, ignoring case)
    /// to <paramref name="typed"/>, or a candidate that begins with it; <see langword="null"/> when none is near.
    /// </summary>
    public static string? Nearest(string typed, IEnumerable<string> candidates)
    {
        ArgumentNullException.ThrowIfNull(typed);
        ArgumentNullException.ThrowIfNull(candidates);
        var best = candidates
            .Select(name => (Name: name, Distance: Distance(typed.ToLowerInvariant(), name.ToLowerInvariant())))
            .OrderBy(candidate => candidate.Distance)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .ToList();
        if (best.Count > 0 && best[0].Distance <= Math.Max(1, typed.Length / 3))
        {
            return best[0].Name;
        }

        return typed.TrimStart('-').Length < 3
            ? null
            : best.Find(candidate => candidate.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase)).Name;
    }

    /// <summary>The optimal string alignment distance between two words.</summary>
    internal static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var cost = Math.Min(
                    Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1,
                    rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                var swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                rows[i, j] = swapped ? Math.Min(cost, rows[i - 2, j - 2] + 1) : cost;
            }
        }

        return rows[a.Length, b.Length];
    }
}
