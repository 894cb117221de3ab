using System.Globalization;
using System.Text.RegularExpressions;

namespace Pagoda.Torch.Distributed;

/// <summary>Slurm's short forms of lists of hosts and of counts of tasks (the manuals of scontrol and srun).</summary>
internal static partial class SlurmNodes
{
    /// <summary>The hosts of a list such as <c>gpu[01-03,07],login1</c>, in its order. Lazy: a list may stand for thousands.</summary>
    /// <exception cref="FormatException">A bracket or a range is broken.</exception>
    public static IEnumerable<string> Expand(string list)
    {
        var start = 0;
        var depth = 0;
        for (var i = 0; i <= list.Length; i++)
        {
            if (i == list.Length || (list[i] == ',' && depth == 0))
            {
                foreach (var host in ExpandItem(list[start..i].Trim()))
                {
                    yield return host;
                }

                start = i + 1;
            }
            else
            {
                depth += list[i] == '[' ? 1 : list[i] == ']' ? -1 : 0;
            }
        }
    }

    /// <summary>The count for node number <paramref name="node"/> of a list such as <c>4(x2),3</c>, or null when it has none.</summary>
    public static int? TasksOf(string list, int node)
    {
        foreach (var item in list.Split(','))
        {
            if (CountPattern().Match(item.Trim()) is not { Success: true } match)
            {
                return null;
            }

            node -= match.Groups[2].Success ? Number(match.Groups[2].Value) : 1;
            if (node < 0)
            {
                return Number(match.Groups[1].Value);
            }
        }

        return null;
    }

    private static IEnumerable<string> ExpandItem(string item)
    {
        var open = item.IndexOf('[', StringComparison.Ordinal);
        if (open < 0)
        {
            if (item.Length == 0 || item.Contains(']', StringComparison.Ordinal))
            {
                throw Broken(item);
            }

            yield return item;
            yield break;
        }

        var close = item.IndexOf(']', open);
        if (close < 0)
        {
            throw Broken(item);
        }

        foreach (var range in item[(open + 1)..close].Split(','))
        {
            if (RangePattern().Match(range.Trim()) is not { Success: true } match)
            {
                throw Broken(item);
            }

            var first = match.Groups[1].Value;
            var last = match.Groups[2].Success ? match.Groups[2].Value : first;
            if (Number(last) < Number(first))
            {
                throw Broken(item);
            }

            for (var number = Number(first); number <= Number(last); number++)
            {
                var host = item[..open] + number.ToString(CultureInfo.InvariantCulture).PadLeft(first.Length, '0');
                // A second bracket may follow: rack[1-2]node[1-4].
                foreach (var whole in close + 1 < item.Length ? ExpandItem(host + item[(close + 1)..]) : [host])
                {
                    yield return whole;
                }
            }
        }
    }

    private static int Number(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);

    private static FormatException Broken(string item) => new($"\"{item}\" is no list of hosts such as node[01-03,07].");

    [GeneratedRegex(@"^(\d{1,8})(?:-(\d{1,8}))?$", RegexOptions.CultureInvariant)]
    private static partial Regex RangePattern();

    [GeneratedRegex(@"^(\d{1,8})(?:\(x(\d{1,8})\))?$", RegexOptions.CultureInvariant)]
    private static partial Regex CountPattern();
}
