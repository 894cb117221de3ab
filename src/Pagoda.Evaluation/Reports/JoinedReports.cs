using System.Text;
using System.Text.Json.Nodes;
using Pagoda.Generation.Provenance;

namespace Pagoda.Evaluation.Reports;

/// <summary>A report's file, as it was found.</summary>
/// <param name="Name">What its subjects are to be called; null leaves them their own names.</param>
/// <param name="Path">The JSON file.</param>
/// <param name="Report">What it says.</param>
public sealed record ReportSource(string? Name, string Path, MeasurementReport Report)
{
    /// <summary>The folder that it lies in.</summary>
    public string Folder => System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
}

/// <summary>Pictures of a subject in a benchmark.</summary>
/// <param name="Benchmark">The report's title.</param>
/// <param name="Subject">The subject as the joined report calls it.</param>
/// <param name="OwnName">The subject as its own report calls it.</param>
/// <param name="Folder">Where they are.</param>
public sealed record SubjectPictures(string Benchmark, string Subject, string OwnName, string Folder);

/// <summary>Several reports as one: each number once, each subject under a name that no other has.</summary>
public sealed class JoinedReports
{
    private JoinedReports(MeasurementReport report, IReadOnlyList<SubjectPictures> pictures) => (Report, Pictures) = (report, pictures);

    /// <summary>All numbers; <see cref="Measurement.Benchmark"/> says where each comes from.</summary>
    public MeasurementReport Report { get; }

    /// <summary>Whose pictures there are to show.</summary>
    public IReadOnlyList<SubjectPictures> Pictures { get; }

    /// <summary>Finds reports: a file, the report of a folder, or all that are below it.</summary>
    /// <param name="places">Files and folders; <c>NAME=PLACE</c> calls the subjects so.</param>
    /// <param name="aside">A folder that is passed over, since the joined report goes there.</param>
    /// <exception cref="InvalidDataException">There is none, or it is damaged.</exception>
    public static IReadOnlyList<ReportSource> Find(IEnumerable<string> places, string? aside = null) =>
    [
        .. places.SelectMany(text =>
        {
            var (name, place) = !Path.Exists(text) && text.Split('=', 2) is [{ Length: > 0 } before, var after] ? (before, after) : (null, text);
            var files = !Directory.Exists(place) || File.Exists(Path.Combine(place, ReportFiles.Json)) ? [place] : Below(place, aside);
            return files.Select(file => new ReportSource(name, Directory.Exists(file) ? Path.Combine(file, ReportFiles.Json) : file, ReportFiles.Read(file)));
        }).DistinctBy(source => Path.GetFullPath(source.Path)),
    ];

    /// <summary>Joins them.</summary>
    /// <param name="title">What the whole is about.</param>
    /// <param name="sources">In the order of rows.</param>
    public static JoinedReports Join(string title, IReadOnlyList<ReportSource> sources)
    {
        var parts = sources.Select(source => (Source: source, Numbers: source.Report.Measurements.Select(one => one with { Benchmark = one.Benchmark ?? source.Report.Title, Subject = NameOf(source, one.Subject) }).ToList())).ToList();
        // Two runs of a model have one name; where they say different things of the same, each is called by its folder too.
        var doubtful = parts.SelectMany(part => part.Numbers.Select(one => (part.Source, One: one)))
            .GroupBy(pair => (pair.One.Benchmark, pair.One.Category, pair.One.Protocol.Measure, pair.One.Protocol.Network, pair.One.Protocol.Resizer, pair.One.Subject))
            .Where(group => group.Select(pair => pair.Source).Distinct().Count() > 1 && group.Select(pair => Said(pair.One)).Distinct().Count() > 1)
            .Select(group => (group.Key.Benchmark, group.Key.Subject)).ToHashSet();
        var numbers = parts.SelectMany(part => part.Numbers.Select(one => one with { Subject = Full(part.Source, one.Benchmark!, one.Subject) })).DistinctBy(one => (one.Benchmark, one.Subject, one.Category, Said(one))).ToList();
        var pictures = sources.SelectMany(source => (source.Report.Pictures ?? new Dictionary<string, string>()).Select(pair =>
            new SubjectPictures(source.Report.Title, Full(source, source.Report.Title, NameOf(source, pair.Key)), pair.Key, Path.Combine(source.Folder, pair.Value))));
        var settings = new JsonObject
        {
            ["reports"] = new JsonArray([.. sources.Select(source => new JsonObject
            {
                ["title"] = source.Report.Title,
                ["path"] = source.Path,
                ["sha256"] = FileRecord.Of(source.Path).Sha256,
                ["subjects"] = new JsonArray([.. source.Report.Measurements.Select(one => Full(source, one.Benchmark ?? source.Report.Title, NameOf(source, one.Subject))).Distinct().Select(name => (JsonNode)name)]),
                ["settings"] = source.Report.Settings?.DeepClone(),
            })]),
        };
        return new JoinedReports(new MeasurementReport(title, settings, numbers), [.. pictures.DistinctBy(one => (one.Benchmark, one.Subject))]);

        string Full(ReportSource source, string benchmark, string subject) => doubtful.Contains((benchmark, subject)) ? $"{subject} ({Label(source)})" : subject;
    }

    private static string NameOf(ReportSource source, string subject) =>
        source.Name is null ? subject : source.Report.Measurements.Select(one => one.Subject).Distinct().Count() > 1 ? $"{source.Name} {subject}" : source.Name;

    private static string Label(ReportSource source) => Path.GetDirectoryName(source.Path) is { Length: > 0 } folder ? folder : source.Path;

    private static string Said(Measurement one) => new StringBuilder(one.Protocol.Fingerprint).Append(one.Protocol.Measure).Append(one.Score).Append(one.OnReal).Append(one.Expected).Append(one.Warning).Append(one.Note).ToString();

    private static IReadOnlyList<string> Below(string folder, string? aside)
    {
        string[] files =
        [
            .. Directory.EnumerateFiles(folder, ReportFiles.Json, SearchOption.AllDirectories)
                .Where(file => aside is null || Path.GetFullPath(Path.GetDirectoryName(file)!) != Path.TrimEndingDirectorySeparator(Path.GetFullPath(aside))).Order(StringComparer.Ordinal),
        ];
        return files.Length > 0 ? files : throw new InvalidDataException($"{folder} has no {ReportFiles.Json}, nor have the folders below it; it is what ./run eval writes when its numbers are measured.");
    }
}
