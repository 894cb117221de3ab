using System.Globalization;
using System.Text;

namespace Pagoda.Models.Clip.Tokenizer.Cleaning;

/// <summary>
/// Normalization form C (Unicode Standard Annex #15). It is here because .NET leaves text as it is when it runs without
/// ICU, which is how Pagoda runs.
/// </summary>
public static class CanonicalComposition
{
    private const int HangulBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TrailBase = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TrailCount = 28;

    private static readonly Lazy<Tables> s_tables = new(() => new Tables());

    /// <summary>Replaces sequences of a character and its combining marks by the composed character where there is one.</summary>
    public static string Compose(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        // Nothing below U+0300 combines with or decomposes into anything else.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u02FF'))
        {
            return text;
        }

        var points = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, points);
        }

        var tables = s_tables.Value;
        SortMarks(points, tables);
        Join(points, tables);
        var result = new StringBuilder(text.Length);
        foreach (var point in points)
        {
            result.Append(char.ConvertFromUtf32(point));
        }

        return result.ToString();
    }

    private static void Decompose(int point, List<int> points)
    {
        var syllable = point - HangulBase;
        if ((uint)syllable < LeadCount * VowelCount * TrailCount)
        {
            points.Add(LeadBase + (syllable / (VowelCount * TrailCount)));
            points.Add(VowelBase + (syllable / TrailCount % VowelCount));
            if (syllable % TrailCount != 0)
            {
                points.Add(TrailBase + (syllable % TrailCount));
            }
        }
        else if (s_tables.Value.Decompositions.TryGetValue(point, out var parts))
        {
            Decompose(parts.First, points);
            if (parts.Second != 0)
            {
                points.Add(parts.Second);
            }
        }
        else
        {
            points.Add(point);
        }
    }

    /// <summary>Puts marks in the order of their classes; marks of one class keep theirs.</summary>
    private static void SortMarks(List<int> points, Tables tables)
    {
        for (var start = 0; start < points.Count; start++)
        {
            var end = start;
            while (end < points.Count && tables.Class(points[end]) != 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                var sorted = points.GetRange(start, end - start).OrderBy(tables.Class).ToList();
                for (var i = 0; i < sorted.Count; i++)
                {
                    points[start + i] = sorted[i];
                }
            }

            start = end;
        }
    }

    private static void Join(List<int> points, Tables tables)
    {
        var starter = -1;
        var previousClass = -1;
        var kept = 0;
        for (var i = 0; i < points.Count; i++)
        {
            var point = points[i];
            var markClass = tables.Class(point);
            var isBlocked = previousClass >= markClass && previousClass != -1;
            if (starter >= 0 && !isBlocked && Pair(points[starter], point, tables) is > 0 and var composed)
            {
                points[starter] = composed;
                continue;
            }

            if (markClass == 0)
            {
                starter = kept;
                previousClass = -1;
            }
            else
            {
                previousClass = markClass;
            }

            points[kept++] = point;
        }

        points.RemoveRange(kept, points.Count - kept);
    }

    private static int Pair(int first, int second, Tables tables)
    {
        if ((uint)(first - LeadBase) < LeadCount && (uint)(second - VowelBase) < VowelCount)
        {
            return HangulBase + ((((first - LeadBase) * VowelCount) + (second - VowelBase)) * TrailCount);
        }

        var syllable = first - HangulBase;
        if ((uint)syllable < LeadCount * VowelCount * TrailCount && syllable % TrailCount == 0
            && second > TrailBase && second < TrailBase + TrailCount)
        {
            return first + (second - TrailBase);
        }

        return tables.Compositions.GetValueOrDefault((first, second));
    }

    private sealed class Tables
    {
        private readonly Dictionary<int, byte> _classes = [];

        public Tables()
        {
            foreach (var line in Table.Lines("normalization"))
            {
                var fields = line.Split(' ');
                if (line[0] is '=' or '!')
                {
                    var point = Table.Point(fields[0].AsSpan(1));
                    var parts = (Table.Point(fields[1]), fields.Length > 2 ? Table.Point(fields[2]) : 0);
                    Decompositions.Add(point, parts);
                    if (line[0] == '=')
                    {
                        Compositions.Add(parts, point);
                    }

                    continue;
                }

                var number = byte.Parse(fields[0], CultureInfo.InvariantCulture);
                foreach (var range in fields.AsSpan(1))
                {
                    var dash = range.IndexOf('-', StringComparison.Ordinal);
                    var last = Table.Point(range.AsSpan(dash + 1));
                    for (var point = dash < 0 ? last : Table.Point(range.AsSpan(0, dash)); point <= last; point++)
                    {
                        _classes.Add(point, number);
                    }
                }
            }
        }

        public Dictionary<int, (int First, int Second)> Decompositions { get; } = [];

        public Dictionary<(int First, int Second), int> Compositions { get; } = [];

        public int Class(int point) => _classes.GetValueOrDefault(point);
    }
}
