using System.Globalization;
using System.Text;

namespace Pagoda.Evaluation.Reports;

/// <summary>
/// Dots with their intervals upon one axis, a row a subject, as inline SVG. Each row is a strip whose places are percentages of its width: the plot takes any
/// width without its letters growing or shrinking, and labels are text of the page. Numbers are read from places on a common axis, the most accurate
/// of visual comparisons (Cleveland and McGill 1984).
/// </summary>
internal static class IntervalPlot
{
    // Room beside the outermost ticks, in percent of the width.
    private const double Margin = 4;
    private const int MostTicks = 6;

    // A tick may lie this part of a step outside the numbers, so that shares near 1 have the 1 on their axis.
    private const double Beyond = 0.3;

    /// <summary>A plot of one measure, with a block for each category.</summary>
    /// <param name="blocks">The measure's columns, one for each category.</param>
    /// <param name="colours">A number of a colour for each subject; null for one colour.</param>
    /// <param name="heading">What stands above it, as HTML.</param>
    /// <returns>HTML; empty where there are fewer than two numbers.</returns>
    public static string Draw(IReadOnlyList<ComparisonColumn> blocks, IReadOnlyDictionary<string, int> colours, string heading)
    {
        var scores = blocks.SelectMany(block => block.Scored.SelectMany(one => new[] { one.Score!, one.OnReal }.OfType<Interval>())).ToList();
        if (blocks.Sum(block => block.Scored.Count()) < 2 || scores.Any(score => !double.IsFinite(score.Value)))
        {
            return "";
        }

        var (low, high) = (scores.Min(Low), scores.Max(High));
        var ticks = Ticks(low, high);
        (low, high) = (Math.Min(low, ticks[0]), Math.Max(high, ticks[^1]));
        var lines = string.Concat(ticks.Select(tick => $"<line class=\"rule\" x1=\"{X(tick)}\" x2=\"{X(tick)}\" y1=\"0\" y2=\"100%\"/>"));
        var html = new StringBuilder($"<figure class=\"plot\">\n<figcaption>{heading}</figcaption>\n");
        foreach (var block in blocks.Where(block => block.Scored.Any()))
        {
            if (block.Category.Length > 0)
            {
                html.Append($"<div class=\"block\">{HtmlPage.Text(block.Category)}</div>\n");
            }

            foreach (var (subject, one) in block.Cells.Where(pair => pair.Value.Score is not null))
            {
                var score = one.Score!;
                var said = string.Create(CultureInfo.InvariantCulture, $"{subject}: {score.Value:0.####}, 95 % interval {score.Low:0.####} to {score.High:0.####}{(one.OnReal is { } there ? $", real pictures {there.Value:0.####}" : "")}");
                html.Append($"<div class=\"strip c{colours.GetValueOrDefault(subject)}\"><span class=\"who\">{HtmlPage.Text(subject)}</span><div class=\"lane\"><svg role=\"img\" aria-label=\"{HtmlPage.Text(said)}\"><title>{HtmlPage.Text(said)}</title>{lines}");
                if (one.OnReal is { } real)
                {
                    html.Append($"<line class=\"real\" x1=\"{X(real.Value)}\" x2=\"{X(real.Value)}\" y1=\"0\" y2=\"100%\"/>");
                }

                html.Append($"<line class=\"span\" x1=\"{X(Low(score))}\" x2=\"{X(High(score))}\" y1=\"50%\" y2=\"50%\"/><circle class=\"{(one.Warning is null ? "dot" : "dot open")}\" cx=\"{X(score.Value)}\" cy=\"50%\" r=\"4.5\"/></svg></div></div>\n");
            }
        }

        var decimals = TickDecimals(ticks);
        html.Append("<div class=\"strip axis\"><span class=\"who\"></span><div class=\"lane\"><svg aria-hidden=\"true\">");
        foreach (var tick in ticks)
        {
            html.Append($"<line class=\"rule\" x1=\"{X(tick)}\" x2=\"{X(tick)}\" y1=\"0\" y2=\"4\"/><text x=\"{X(tick)}\" y=\"17\" text-anchor=\"middle\">{ComparisonTable.Text(tick, decimals)}</text>");
        }

        return html.Append("</svg></div></div>\n</figure>\n").ToString();

        string X(double value) => string.Create(CultureInfo.InvariantCulture, $"{Margin + ((100 - (2 * Margin)) * (value - low) / (high - low)):0.##}%");
    }

    /// <summary>Round numbers along an axis: steps of 1, 2 or 5 times a power of ten, from about the smallest number drawn to about the largest.</summary>
    /// <param name="low">The smallest number that is drawn.</param>
    /// <param name="high">The largest; may be the same.</param>
    public static IReadOnlyList<double> Ticks(double low, double high)
    {
        if (!(high > low))
        {
            var around = low == 0 ? 0.5 : Math.Abs(low) * 0.1;
            (low, high) = (low - around, low + around);
        }

        for (var power = Math.Pow(10, Math.Floor(Math.Log10((high - low) / MostTicks))); ; power *= 10)
        {
            foreach (var step in new[] { power, 2 * power, 5 * power })
            {
                var (first, last) = (Math.Ceiling((low / step) - Beyond), Math.Floor((high / step) + Beyond));
                if (last - first < MostTicks)
                {
                    return [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)];
                }
            }
        }
    }

    private static int TickDecimals(IReadOnlyList<double> ticks) => Math.Clamp((int)Math.Ceiling(-Math.Log10(ticks[1] - ticks[0]) - 1e-9), 0, 8);

    private static double Low(Interval score) => double.IsFinite(score.Low) ? Math.Min(score.Low, score.Value) : score.Value;

    private static double High(Interval score) => double.IsFinite(score.High) ? Math.Max(score.High, score.Value) : score.Value;
}
