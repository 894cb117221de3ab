using System.Globalization;
using System.Text;
using Pagoda.Evaluation.Reports;

namespace Pagoda.Cli.Commands.Compare;

/// <summary>The page of <see cref="BrushComparison"/>: a table of means, and the pictures of each prompt, brushes down and critics across.</summary>
internal static class BrushPage
{
    private const string Style = """
        img { width: 9rem; height: 9rem; display: block; border-radius: .3rem; image-rendering: auto; }
        .s { color: var(--soft); font-size: .85rem; }
        .f::before { content: "\2713\00a0"; }
        pre { white-space: pre-wrap; font-size: .8rem; color: var(--soft); }
        """;

    /// <summary>The page.</summary>
    /// <param name="cells">The pictures.</param>
    /// <param name="brushes">Rows.</param>
    /// <param name="critics">Columns.</param>
    /// <param name="prompts">Sections.</param>
    /// <param name="judge">Who judged.</param>
    public static string Write(IReadOnlyList<BrushCell> cells, IReadOnlyList<string> brushes, IReadOnlyList<string> critics, IReadOnlyList<string> prompts, string judge)
    {
        var page = new StringBuilder();
        page.Append("<h1>Brushes and critics</h1>\n");
        page.Append($"<p>Each brush, guided by each critic, at one seed and the same settings. {Html(judge)}, a CLIP that guided none of them, judges: its cosine of picture and prompt, and (&#10003;) whether it finds the prompt among 99 others.</p>\n");
        page.Append("<table>\n<tr><th>brush</th><th>critic</th><th>judge's cosine</th><th>found</th><th>critic's own cosine</th><th>seconds</th></tr>\n");
        foreach (var (brush, critic) in brushes.SelectMany(brush => critics.Select(critic => (brush, critic))))
        {
            var of = cells.Where(cell => cell.Brush == brush && cell.Critic == critic).ToList();
            if (of.Count > 0)
            {
                page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Html(brush)}</td><td>{Html(critic)}</td><td class=\"n\">{of.Average(cell => cell.Cosine):0.000}</td><td class=\"n\">{of.Count(cell => cell.Found)} of {of.Count}</td><td class=\"n\">{-of.Average(cell => cell.Energy):0.000}</td><td class=\"n\">{of.Average(cell => cell.Seconds):0.0}</td></tr>\n");
            }
        }

        page.Append("</table>\n");
        foreach (var prompt in prompts)
        {
            page.Append($"<h2>{Html(prompt)}</h2>\n<table>\n<tr><th></th>{string.Concat(critics.Select(critic => $"<th>{Html(critic)}</th>"))}</tr>\n");
            foreach (var brush in brushes)
            {
                page.Append($"<tr><th>{Html(brush)}</th>");
                foreach (var critic in critics)
                {
                    page.Append(cells.FirstOrDefault(cell => (cell.Brush, cell.Critic, cell.Prompt) == (brush, critic, prompt)) is { } cell ? Cell(cell) : "<td></td>");
                }

                page.Append("</tr>\n");
            }

            page.Append("</table>\n");
        }

        page.Append("<h2>Settings</h2>\n");
        foreach (var group in cells.GroupBy(cell => cell.Settings))
        {
            page.Append($"<h3>{Html(group.First().Brush)}, {Html(group.First().Critic)}</h3>\n<pre>{Html(group.Key)}</pre>\n");
        }

        return HtmlPage.Write("Brushes and critics", Style, page.ToString());
    }

    private static string Cell(BrushCell cell) => string.Create(
        CultureInfo.InvariantCulture,
        $"<td><img src=\"{Html(Uri.EscapeDataString(cell.File))}\" alt=\"{Html($"{cell.Prompt}, {cell.Brush} guided by {cell.Critic}")}\" loading=\"lazy\"><span class=\"s{(cell.Found ? " f" : "")}\">{cell.Cosine:0.000} &middot; {cell.Seconds:0.0} s</span></td>");

    private static string Html(string text) => HtmlPage.Text(text);
}
