using System.Globalization;
using Pagoda.Evaluation;
using Pagoda.Evaluation.Reports;
using Spectre.Console;

namespace Pagoda.Cli.Commands.Eval;

/// <summary>A report in a terminal: the numbers, and below them how each was measured and what must not be overlooked.</summary>
internal static class ReportTable
{
    public static void Write(MeasurementReport report, TextWriter output)
    {
        var rows = report.Measurements;
        var (categories, real) = (rows.Any(one => one.Category.Length > 0), rows.Any(one => one.OnReal is not null));
        var judged = rows.GroupBy(one => (one.Subject, one.Category, one.Protocol.Measure)).Any(group => group.Count() > 1);
        var table = Terminal.Columns([
            "pictures of", .. categories ? ["part"] : Array.Empty<string>(), "measure", .. judged ? ["judge"] : Array.Empty<string>(), "score", "95 %", .. real ? ["on real"] : Array.Empty<string>(), "pictures", "protocol"]);
        foreach (var one in rows)
        {
            string[] cells =
            [
                one.Subject, .. categories ? [one.Category] : Array.Empty<string>(), one.Protocol.Measure, .. judged ? [one.Protocol.Network ?? ""] : Array.Empty<string>(), one.Score is null ? "missing" : Number(one.Score.Value),
                one.Score is { } score && double.IsFinite(score.Low) ? $"{Number(score.Low)} .. {Number(score.High)}" : "", .. real ? [one.OnReal is { } there ? Number(there.Value) : ""] : Array.Empty<string>(),
                string.Create(CultureInfo.InvariantCulture, $"{one.Protocol.Samples}/{one.Expected}"), one.Score is null ? one.Note ?? "" : one.Protocol.Fingerprint,
            ];
            table.AddRow([.. cells.Select(Markup.Escape)]);
        }

        Terminal.Rich(output).Write(table);
        foreach (var text in rows.Where(one => one.Score is not null).Select(one => $"{one.Protocol.Fingerprint}  {one.Protocol.Signature}").Distinct())
        {
            output.WriteLine(text);
        }

        foreach (var text in rows.SelectMany(one => new[] { one.Warning, one.Score is null ? null : one.Note }.OfType<string>().Select(text => $"{string.Join(' ', new[] { one.Subject, one.Category, one.Protocol.Measure }.Where(part => part.Length > 0))}: {text}")).Distinct())
        {
            output.WriteLine(text);
        }
    }

    /// <summary>A number with the digits that are worth reading at its size.</summary>
    public static string Number(double number) => number.ToString(Math.Abs(number) >= 100 ? "0.0" : Math.Abs(number) >= 10 ? "0.00" : "0.0000", CultureInfo.InvariantCulture);
}
