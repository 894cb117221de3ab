using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Pagoda.Evaluation.Reports;

/// <summary>
/// A joined report as one page for a browser and for paper: a table, plots and pictures for each benchmark, what must not be overlooked beside them, and every
/// protocol in full. What was measured in different ways stands side by side, but nothing of it is marked as better.
/// </summary>
public static class ReportPage
{
    // So many fit a sheet of paper; more make another table.
    private const int MostColumns = 6;
    private const string OpenOnPaper = "addEventListener('beforeprint', () => document.querySelectorAll('details').forEach(one => { one.open = true; }));";

    /// <summary>The page.</summary>
    /// <param name="joined">The numbers; at least one.</param>
    /// <param name="grids">Pictures by benchmark.</param>
    public static string Write(JoinedReports joined, IReadOnlyDictionary<string, PictureGrid> grids)
    {
        var (report, tables) = (joined.Report, ComparisonTable.Of(joined.Report));
        var colours = tables.SelectMany(table => table.Subjects).Distinct().Select((subject, i) => (subject, i)).ToDictionary(one => one.subject, one => Math.Min(one.i, ReportPageStyle.Colours - 1));
        var body = new StringBuilder();
        body.Append($"<header>\n<h1>{Html(report.Title)}</h1>\n<p class=\"lede\">{Html(Summary(report, tables))}</p>\n");
        body.Append("<nav aria-label=\"Sections\"><ul>\n");
        foreach (var (table, i) in tables.Select((table, i) => (table, i)))
        {
            body.Append($"<li><a href=\"#b{i}\">{Html(MeasureMeaning.OfBenchmark(table.Benchmark).Name)}</a> <span class=\"soft\">{Html(string.Join(", ", table.Columns.Select(column => column.Meaning.Name).Distinct()))}</span></li>\n");
        }

        body.Append("<li><a href=\"#protocols\">Protocols</a> <span class=\"soft\">how each number was measured</span></li>\n<li><a href=\"#settings\">Settings</a> <span class=\"soft\">what the reports were made with</span></li>\n</ul></nav>\n");
        body.Append("<p class=\"key\">Small figures are 95 % intervals: where a number would lie in 95 of 100 repetitions with other samples. &#8593; more is better, &#8595; less is better. <b>Bold</b>: clearly better, its interval overlaps no other&#8217;s and all were measured in the same way; where nothing is bold, the differences may be chance. <span class=\"w\">&#9888;</span> and hollow dots: read the warning first. A code of twelve digits names a protocol.</p>\n</header>\n");
        foreach (var (table, i) in tables.Select((table, i) => (table, i)))
        {
            Section(body, table, i, colours, grids.GetValueOrDefault(table.Benchmark));
        }

        Protocols(body, report);
        Settings(body, report);
        body.Append($"<footer>Written by Pagoda. The same numbers are in {ReportFiles.Json} and {ReportFiles.Csv} beside this page.</footer>\n<script>{OpenOnPaper}</script>\n");
        return HtmlPage.Write(report.Title, ReportPageStyle.Css, body.ToString());
    }

    private static string Summary(MeasurementReport report, IReadOnlyList<ComparisonTable> tables)
    {
        var subjects = tables.SelectMany(table => table.Subjects).Distinct().ToList();
        var (there, warned) = (report.Measurements.Count(one => one.Score is not null), report.Measurements.Count(one => one.Score is not null && one.Warning is not null));
        var days = report.Measurements.Where(one => one.Score is not null).Select(one => one.At?.UtcDateTime.Date).Distinct().ToList();
        var known = days.OfType<DateTime>().Order().ToList();
        var when = known.Count == 0 ? "the reports do not say when" : $"measured {(known[0] == known[^1] ? $"on {Day(known[0])}" : $"from {Day(known[0])} to {Day(known[^1])}")}{(days.Contains(null) ? ", as far as the reports say" : "")}";
        var missing = report.Measurements.Count - there;
        return $"{Count(there, "number")} of {(subjects.Count == 1 ? subjects[0] : Count(subjects.Count, "subject"))} in {Count(tables.Count, "benchmark")}, {when}.{(missing > 0 ? $" {(missing == 1 ? "1 number is" : $"{missing} numbers are")} missing." : "")}{(warned > 0 ? $" {(warned == 1 ? "1 number carries a warning" : $"{warned} numbers carry warnings")}." : "")}";

        static string Day(DateTime day) => day.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);
    }

    private static void Section(StringBuilder body, ComparisonTable table, int number, IReadOnlyDictionary<string, int> colours, PictureGrid? grid)
    {
        var (name, says) = MeasureMeaning.OfBenchmark(table.Benchmark);
        body.Append($"<section id=\"b{number}\">\n<h2>{Html(name)}</h2>\n");
        if (says.Length > 0)
        {
            body.Append($"<p>{Html(says)}</p>\n");
        }

        foreach (var group in table.Columns.Where(column => column.Difference is not null).GroupBy(column => column.Difference))
        {
            body.Append($"<p class=\"conflict\"><span class=\"w\">&#9888;</span> Not to be compared: {Html(string.Join(", ", group.Select(Full)))} {(group.Count() > 1 ? "were" : "was")} measured in different ways ({Html(group.Key!)}). No best value is marked.</p>\n");
        }

        var notes = new List<(string Text, bool Warns)>();
        foreach (var part in Parts(table.Columns))
        {
            Scores(body, table, part, colours, notes);
        }

        if (notes.Count > 0)
        {
            body.Append("<ul class=\"notes\">\n").AppendJoin("", notes.Select((note, i) => $"<li><span class=\"no{(note.Warns ? " w" : "")}\">{(note.Warns ? "&#9888;&#8201;" : "")}{i + 1}</span>{Html(note.Text)}</li>\n")).Append("</ul>\n");
        }

        var plots = table.Columns.GroupBy(column => (column.Measure, column.Network, column.Resizer)).Select(group => IntervalPlot.Draw([.. group], colours, Caption(group.First()))).Where(plot => plot.Length > 0).ToList();
        if (plots.Count > 0)
        {
            body.Append($"<div class=\"plots{(plots.Count == 1 ? " one" : "")}\">\n").AppendJoin("", plots).Append("</div>\n");
        }

        if (grid is not null)
        {
            Pictures(body, grid);
        }

        body.Append("</section>\n");
    }

    private static void Scores(StringBuilder body, ComparisonTable table, IReadOnlyList<ComparisonColumn> columns, IReadOnlyDictionary<string, int> colours, List<(string Text, bool Warns)> notes)
    {
        body.Append($"<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{Html(table.Benchmark)}, table\">\n<table class=\"scores\">\n<thead>\n");
        if (columns.Any(column => column.Category.Length > 0))
        {
            body.Append("<tr><th></th>");
            for (var at = 0; at < columns.Count;)
            {
                var category = columns[at].Category;
                var wide = columns.Skip(at).TakeWhile(column => column.Category == category).Count();
                body.Append($"<th class=\"part\" scope=\"colgroup\" colspan=\"{wide}\"><span>{Html(category)}</span></th>");
                at += wide;
            }

            body.Append("</tr>\n");
        }

        body.Append("<tr><th></th>").AppendJoin("", columns.Select(Header)).Append("</tr>\n</thead>\n<tbody>\n");
        foreach (var subject in table.Subjects.Where(subject => columns.Any(column => column.Cells.ContainsKey(subject))))
        {
            body.Append($"<tr class=\"c{colours[subject]}\"><th scope=\"row\"><svg class=\"swatch\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><circle cx=\"5\" cy=\"5\" r=\"5\"/></svg>{Html(subject)}</th>");
            foreach (var column in columns)
            {
                Cell(body, table, column, subject, notes);
            }

            body.Append("</tr>\n");
        }

        if (columns.Any(column => column.OnReal is not null))
        {
            body.Append("<tr class=\"real\"><th scope=\"row\">real pictures</th>").AppendJoin("", columns.Select(column => column.OnReal is { } real ? $"<td class=\"n\">{Value(real, DecimalsOf(table, column))}</td>" : "<td></td>")).Append("</tr>\n");
        }

        body.Append("</tbody>\n</table>\n</div>\n");
    }

    private static string Header(ComparisonColumn column)
    {
        var arrow = column.Better switch { BetterDirection.Higher => "&nbsp;<span title=\"more is better\">&#8593;</span>", BetterDirection.Lower => "&nbsp;<span title=\"less is better\">&#8595;</span>", _ => "" };
        var samples = column.Scored.Select(one => one.Protocol.Samples).Distinct().ToList();
        var lines = new List<string>();
        if (column.Network is not null)
        {
            lines.Add(Html(column.Network));
        }

        if (column.Resizer is not null)
        {
            lines.Add(Html(column.Resizer));
        }

        if (samples.Count == 1)
        {
            lines.Add($"{samples[0].ToString("N0", CultureInfo.InvariantCulture)} pictures");
        }

        if (column.IsComparable && column.Scored.FirstOrDefault() is { } first)
        {
            lines.Add(Link(first.Protocol.Fingerprint));
        }

        return $"<th class=\"n\" scope=\"col\"{(column.Meaning.Says.Length > 0 ? $" title=\"{Html(column.Meaning.Says)}\"" : "")}>{Html(column.Meaning.Name)}{arrow}{string.Concat(lines.Select(line => $"<small>{line}</small>"))}</th>";
    }

    private static void Cell(StringBuilder body, ComparisonTable table, ComparisonColumn column, string subject, List<(string Text, bool Warns)> notes)
    {
        if (!column.Cells.TryGetValue(subject, out var one))
        {
            body.Append("<td class=\"n none\" title=\"not measured\">&#8211;</td>");
            return;
        }

        var decimals = DecimalsOf(table, column);
        var marks = string.Concat(new[] { (Text: one.Warning, Warns: true), (Text: one.Note, Warns: false) }.Where(note => note.Text is not null).Select(note => Mark(note.Text!, note.Warns)));
        if (one.Score is not { } score)
        {
            body.Append($"<td class=\"n none\">missing{marks}</td>");
            return;
        }

        var value = column.ClearlyBest == subject ? $"<b title=\"clearly better: its interval overlaps no other\">{Value(score, decimals)}</b>" : Value(score, decimals);
        body.Append($"<td class=\"n\">{value}{marks}{Interval(score, decimals)}");
        if (one.Status == "partial")
        {
            body.Append($"<span class=\"i w\">{one.Protocol.Samples.ToString("N0", CultureInfo.InvariantCulture)} of {one.Expected.ToString("N0", CultureInfo.InvariantCulture)}</span>");
        }

        if (!column.IsComparable)
        {
            body.Append($"<span class=\"i\">{Link(one.Protocol.Fingerprint)}</span>");
        }

        if (one.OnReal is { } real && column.OnReal is null)
        {
            body.Append($"<span class=\"i\">real {Value(real, decimals)}</span>");
        }

        body.Append("</td>");

        string Mark(string text, bool warns)
        {
            var note = (text.StartsWith("WARNING: ", StringComparison.Ordinal) ? text["WARNING: ".Length..] : text, warns);
            if (!notes.Contains(note))
            {
                notes.Add(note);
            }

            return $"<sup{(warns ? " class=\"w\"" : "")}>&#8239;{(warns ? "&#9888;" : "")}{notes.IndexOf(note) + 1}</sup>";
        }
    }

    private static void Pictures(StringBuilder body, PictureGrid grid)
    {
        body.Append($"<h3>Pictures</h3>\n<p class=\"key\">The first picture of each prompt, none picked from several.</p>\n<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Pictures\">\n<table class=\"grid\" style=\"--across:{grid.Subjects.Count}\">\n<thead>\n<tr><th></th>");
        body.AppendJoin("", grid.Subjects.Select(subject => $"<th scope=\"col\">{Html(subject)}</th>")).Append("</tr>\n</thead>\n<tbody>\n");
        foreach (var (prompt, pictures) in grid.Rows)
        {
            body.Append($"<tr><th scope=\"row\">{Html(prompt)}</th>");
            body.AppendJoin("", pictures.Zip(grid.Subjects, (picture, subject) => picture is null ? "<td><span class=\"none\">not painted</span></td>" : $"<td><img src=\"{picture}\" alt=\"{Html($"\"{prompt}\", painted by {subject}")}\"></td>"));
            body.Append("</tr>\n");
        }

        body.Append("</tbody>\n</table>\n</div>\n");
    }

    private static void Protocols(StringBuilder body, MeasurementReport report)
    {
        body.Append("<section id=\"protocols\">\n<h2>Protocols</h2>\n<p>Everything beside the pictures that decides a number. Two numbers with the same code were measured in the same way.</p>\n<div class=\"protocols\">\n");
        foreach (var group in report.Measurements.Where(one => one.Score is not null).GroupBy(one => one.Protocol.Fingerprint))
        {
            var protocol = group.First().Protocol;
            var uses = group.Select(one => one.Category).Where(category => category.Length > 0).Distinct().ToList();
            var meaning = MeasureMeaning.Of(protocol.Measure);
            body.Append($"<div class=\"protocol\" id=\"p-{group.Key}\">\n<h3>{Html(meaning.Name)}{(uses.Count > 0 ? $", {Html(string.Join(", ", uses))}" : "")} <code>{group.Key}</code></h3>\n");
            if (meaning.Says.Length > 0)
            {
                body.Append($"<p class=\"key\">{Html(char.ToUpperInvariant(meaning.Says[0]) + meaning.Says[1..])}.</p>\n");
            }

            body.Append("<table class=\"fields\"><tbody>\n");
            foreach (var (name, value) in protocol.Fields())
            {
                body.Append($"<tr><th scope=\"row\">{Html(name)}</th><td>{(value.Length > 30 ? $"<code>{Html(value)}</code>" : Html(value))}</td></tr>\n");
            }

            body.Append($"<tr><th scope=\"row\">for</th><td>{Html(string.Join(", ", group.Select(one => one.Subject).Distinct()))}</td></tr>\n");
            foreach (var source in group.Where(one => one.Source is not null).Select(one => (one.Source, one.SourceSha256)).Distinct())
            {
                body.Append($"<tr><th scope=\"row\">read from</th><td>{Html(source.Source!)}{(source.SourceSha256 is null ? "" : $" <code>{Html(source.SourceSha256)}</code>")}</td></tr>\n");
            }

            body.Append("</tbody></table>\n</div>\n");
        }

        body.Append("</div>\n</section>\n");
    }

    // Rows are settings, columns reports; what all have alike stands once.
    private static void Settings(StringBuilder body, MeasurementReport report)
    {
        body.Append("<section id=\"settings\">\n<h2>Settings</h2>\n<p>How the pictures, or the models&#8217; runs, were made, as each report says. <span class=\"screen\">Open a line to see them.</span></p>\n");
        var reports = (report.Settings?["reports"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        foreach (var group in reports.GroupBy(one => one["title"]!.GetValue<string>()))
        {
            var all = group.ToList();
            var columns = all.Select(one => Flat(one["settings"])).ToList();
            body.Append($"<details>\n<summary>{Html(MeasureMeaning.OfBenchmark(group.Key).Name)} <span class=\"soft\">{Count(all.Count, "report")}</span></summary>\n<div class=\"wide\">\n<table class=\"fields\">\n<thead><tr><th></th>");
            body.AppendJoin("", all.Select(one => $"<th scope=\"col\">{Html(string.Join(", ", one["subjects"]!.AsArray().Select(name => name!.GetValue<string>())))}<br><code>{Html(one["path"]!.GetValue<string>())}</code></th>")).Append("</tr></thead>\n<tbody>\n");
            foreach (var key in columns.SelectMany(column => column.Keys).Distinct())
            {
                var values = columns.Select(column => column.GetValueOrDefault(key)).ToList();
                body.Append($"<tr><th scope=\"row\">{Html(key)}</th>");
                body.Append(values.Distinct().Count() == 1 ? $"<td{(values.Count > 1 ? $" colspan=\"{values.Count}\"" : "")}>{Setting(values[0])}</td>" : string.Concat(values.Select(value => $"<td>{Setting(value)}</td>"))).Append("</tr>\n");
            }

            body.Append("</tbody>\n</table>\n</div>\n</details>\n");
        }

        body.Append("</section>\n");

        static string Setting(string? value) => value is null ? "&#8211;" : value.Length > 30 ? $"<code>{Html(value)}</code>" : Html(value);
    }

    private static Dictionary<string, string> Flat(JsonNode? settings)
    {
        var flat = new Dictionary<string, string>(StringComparer.Ordinal);
        Add(settings, "");
        return flat;

        void Add(JsonNode? node, string path)
        {
            switch (node)
            {
                case JsonObject all:
                    all.ToList().ForEach(pair => Add(pair.Value, path.Length == 0 ? pair.Key : $"{path}.{pair.Key}"));
                    break;
                case JsonArray list when list.Any(one => one is JsonObject):
                    for (var i = 0; i < list.Count; i++)
                    {
                        Add(list[i], string.Create(CultureInfo.InvariantCulture, $"{path}[{(list[i] as JsonObject)?.FirstOrDefault().Value?.ToString() ?? $"{i + 1}"}]"));
                    }

                    break;
                case JsonArray list:
                    flat[path] = string.Join(", ", list.Select(one => one?.ToString() ?? "none"));
                    break;
                case not null:
                    flat[path] = node.ToString();
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Columns in tables of equal width, categories whole as far as they go.</summary>
    private static IEnumerable<IReadOnlyList<ComparisonColumn>> Parts(IReadOnlyList<ComparisonColumn> columns)
    {
        var part = new List<ComparisonColumn>();
        var each = (columns.Count + ((columns.Count + MostColumns - 1) / MostColumns) - 1) / Math.Max(1, (columns.Count + MostColumns - 1) / MostColumns);
        foreach (var category in columns.GroupBy(column => column.Category).SelectMany(group => group.Chunk(MostColumns)))
        {
            if (part.Count > 0 && part.Count + category.Length > Math.Max(each, category.Length))
            {
                yield return part;
                part = [];
            }

            part.AddRange(category);
        }

        if (part.Count > 0)
        {
            yield return part;
        }
    }

    private static string Caption(ComparisonColumn column)
    {
        var arrow = column.Better switch { BetterDirection.Higher => " &#8593;", BetterDirection.Lower => " &#8595;", _ => "" };
        var by = string.Join(", ", new[] { column.Network, column.Resizer }.OfType<string>());
        return $"{Html(column.Meaning.Name)}{arrow}{(by.Length > 0 ? $" <span class=\"soft\">{Html(by)}</span>" : "")}{(column.Meaning.Says.Length > 0 ? $"<small>{Html(char.ToUpperInvariant(column.Meaning.Says[0]) + column.Meaning.Says[1..])}.{(column.Scored.Any(one => one.OnReal is not null) ? " Dashed: real pictures." : "")}</small>" : "")}{(column.Difference is null ? "" : "<small class=\"w\">&#9888; Measured in different ways; see above the table.</small>")}";
    }

    // One measure has the same decimals in all categories.
    private static int DecimalsOf(ComparisonTable table, ComparisonColumn column) =>
        ComparisonTable.Decimals(table.Columns.Where(other => (other.Measure, other.Network, other.Resizer) == (column.Measure, column.Network, column.Resizer)).SelectMany(other => other.Scored.Select(one => one.Score!)));

    private static string Value(Interval score, int decimals) => ComparisonTable.Text(score.Value, decimals);

    private static string Interval(Interval score, int decimals) => !double.IsFinite(score.Low) || !double.IsFinite(score.High) ? "<span class=\"i\">no interval</span>"
        : $"<span class=\"i\">{ComparisonTable.Text(score.Low, decimals)}{(score.Low < 0 || score.High < 0 ? " to " : "&#8211;")}{ComparisonTable.Text(score.High, decimals)}</span>";

    private static string Full(ComparisonColumn column) => column.Category.Length > 0 ? $"{column.Meaning.Name} ({column.Category})" : column.Meaning.Name;

    private static string Link(string fingerprint) => $"<a href=\"#p-{Html(fingerprint)}\">{Html(fingerprint)}</a>";

    private static string Count(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    private static string Html(string text) => HtmlPage.Text(text);
}
