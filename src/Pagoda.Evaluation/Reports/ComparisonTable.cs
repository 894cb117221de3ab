using System.Globalization;

namespace Pagoda.Evaluation.Reports;

/// <summary>One measure over the subjects of a benchmark.</summary>
/// <param name="Category">The part of the pictures; empty for all.</param>
/// <param name="Measure">The measure's name.</param>
/// <param name="Network">Who judges; two judges are two columns.</param>
/// <param name="Resizer">How pictures are brought to its size; two ways are two columns.</param>
/// <param name="Cells">The numbers by subject, missing ones too; a subject that was not measured has none.</param>
public sealed record ComparisonColumn(string Category, string Measure, string? Network, string? Resizer, IReadOnlyDictionary<string, Measurement> Cells)
{
    private const int HashDigits = 10;

    /// <summary>What is known about the measure.</summary>
    public MeasureMeaning Meaning { get; } = MeasureMeaning.Of(Measure);

    /// <summary>What is better.</summary>
    public BetterDirection Better => Meaning.Better ?? (Scored.Any(one => one.LowerIsBetter) ? BetterDirection.Lower : BetterDirection.Higher);

    /// <summary>The numbers that are there.</summary>
    public IEnumerable<Measurement> Scored => Cells.Values.Where(one => one.Score is not null);

    /// <summary>Whether all numbers that are there were measured in the same way.</summary>
    public bool IsComparable => Scored.Select(one => one.Protocol.Fingerprint).Distinct().Count() <= 1;

    /// <summary>The real pictures' score where all subjects have the same; null where there is none or they differ.</summary>
    public Interval? OnReal => Scored.Select(one => one.OnReal).Distinct().ToList() is [var only] ? only : null;

    /// <summary>
    /// The subject that is clearly better than every other: all measured in the same way, its interval overlapping no other's, and no warning on it.
    /// Null where there is none: less than that may be chance.
    /// </summary>
    public string? ClearlyBest
    {
        get
        {
            var scored = Cells.Where(pair => pair.Value.Score is { } score && double.IsFinite(score.Low) && double.IsFinite(score.High)).ToList();
            if (scored.Count < 2 || scored.Count < Scored.Count() || !IsComparable || Better == BetterDirection.Neither)
            {
                return null;
            }

            var best = scored.FirstOrDefault(one => scored.All(other => other.Key == one.Key
                || (Better == BetterDirection.Lower ? one.Value.Score!.High < other.Value.Score!.Low : one.Value.Score!.Low > other.Value.Score!.High)));
            return best.Value is { Warning: null } ? best.Key : null;
        }
    }

    /// <summary>What was not the same for all subjects, such as <c>samples 100 for plain, but 200 for clipag</c>; null where nothing is.</summary>
    public string? Difference
    {
        get
        {
            if (IsComparable)
            {
                return null;
            }

            var fields = Cells.Where(pair => pair.Value.Score is not null).Select(pair => (pair.Key, Fields: pair.Value.Protocol.Fields().ToDictionary(part => part.Name, part => part.Value))).ToList();
            var different = fields.SelectMany(one => one.Fields.Keys).Distinct().Where(name => fields.Select(one => one.Fields.GetValueOrDefault(name)).Distinct().Count() > 1);
            return string.Join("; ", different.Select(name => $"{name} {string.Join(", but ", fields.GroupBy(one => one.Fields.GetValueOrDefault(name)).Select(group => $"{Short(group.Key)} for {Listed([.. group.Select(one => one.Key)])}"))}"));
        }
    }

    private static string Listed(IReadOnlyList<string> names) => names.Count == 1 ? names[0] : $"{string.Join(", ", names.SkipLast(1))} and {names[^1]}";

    // A hash after the last @, or alone.
    private static string Short(string? value)
    {
        var at = value?.LastIndexOf('@') + 1 ?? 0;
        return value is null ? "none" : value.Length - at == 64 && value.AsSpan(at).IndexOfAnyExcept("0123456789abcdef") < 0 ? value[..(at + HashDigits)] : value;
    }
}

/// <summary>A benchmark's numbers: subjects down, measures across.</summary>
/// <param name="Benchmark">The title of the reports that they come from.</param>
/// <param name="Subjects">Rows, in the order of the reports.</param>
/// <param name="Columns">Columns, those of a category together.</param>
public sealed record ComparisonTable(string Benchmark, IReadOnlyList<string> Subjects, IReadOnlyList<ComparisonColumn> Columns)
{
    // More digits than this tell nothing of a share or a cosine, even over very many pictures.
    private const int MostDecimals = 6;

    /// <summary>The tables of a report, one for each benchmark.</summary>
    public static IReadOnlyList<ComparisonTable> Of(MeasurementReport report) =>
    [
        .. report.Measurements.GroupBy(one => one.Benchmark ?? report.Title).Select(group => new ComparisonTable(
            group.Key,
            [.. group.Select(one => one.Subject).Distinct()],
            [.. Categories(group).SelectMany(category => ColumnsOf(category, [.. group.Where(one => one.Category == category)]))])),
    ];

    /// <summary>How many decimals a column's numbers are worth: two digits of the narrowest interval's half.</summary>
    /// <param name="scores">The numbers of one measure.</param>
    public static int Decimals(IEnumerable<Interval> scores)
    {
        var all = scores.ToList();
        double[] halves = [.. all.Select(score => (score.High - score.Low) / 2).Where(half => double.IsFinite(half) && half > 0)];
        return halves.Length > 0 ? Math.Clamp((int)Math.Ceiling(-Math.Log10(halves.Min())) + 1, 0, MostDecimals)
            : all.Count > 0 && all.Max(score => Math.Abs(score.Value)) >= 10 ? 1 : 3;
    }

    /// <summary>A number as it is printed, with a true minus sign.</summary>
    public static string Text(double number, int decimals) => double.IsFinite(number) ? number.ToString($"F{decimals}", CultureInfo.InvariantCulture).Replace('-', '\u2212') : "no number";

    // A missing number has no judge yet; it belongs to the column of its measure that has one, if that is clear.
    private static IEnumerable<ComparisonColumn> ColumnsOf(string category, List<Measurement> all)
    {
        foreach (var measure in all.Select(one => one.Protocol.Measure).Distinct())
        {
            var own = all.Where(one => one.Protocol.Measure == measure).ToList();
            var ways = own.Where(one => one.Score is not null).Select(one => (one.Protocol.Network, one.Protocol.Resizer)).Distinct().ToList();
            if (ways.Count == 0)
            {
                ways.Add((own[0].Protocol.Network, own[0].Protocol.Resizer));
            }

            foreach (var way in ways)
            {
                var cells = own.Where(one => one.Score is null ? ways.Count == 1 : (one.Protocol.Network, one.Protocol.Resizer) == way).GroupBy(one => one.Subject).Select(group => group.OrderBy(one => one.Score is null).ToList()).ToList();
                for (var turn = 0; turn < cells.Max(group => group.Count(one => one.Score is not null || turn == 0)); turn++)
                {
                    var taken = cells.Where(group => turn < group.Count && (turn == 0 || group[turn].Score is not null)).ToDictionary(group => group[0].Subject, group => group[turn]);
                    if (taken.Count > 0)
                    {
                        yield return new ComparisonColumn(category, measure, way.Network, way.Resizer, taken);
                    }
                }
            }

            if (ways.Count > 1 && own.Where(one => one.Score is null).ToList() is { Count: > 0 } missing)
            {
                yield return new ComparisonColumn(category, measure, null, null, missing.DistinctBy(one => one.Subject).ToDictionary(one => one.Subject));
            }
        }
    }

    private static IEnumerable<string> Categories(IEnumerable<Measurement> numbers) => numbers.Select(one => one.Category).Distinct();
}
