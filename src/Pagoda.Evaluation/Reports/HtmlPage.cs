using System.Net;

namespace Pagoda.Evaluation.Reports;

/// <summary>Pages that are one file: their style inside, nothing from a network, readable in light and dark and on paper.</summary>
public static class HtmlPage
{
    private const string Shared = """
        :root {
          color-scheme: light dark;
          --paper: #fdfdfb; --ink: #1c1e21; --line: color-mix(in srgb, currentColor 18%, transparent); --soft: color-mix(in srgb, currentColor 64%, transparent);
        }
        @media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e6e4df; } }
        * { box-sizing: border-box; }
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; background: var(--paper); color: var(--ink); }
        table { border-collapse: collapse; margin: 1rem 0; }
        th, td { padding: .4rem .8rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
        .n { text-align: right; font-variant-numeric: tabular-nums lining-nums; }
        @media print {
          :root { color-scheme: light; --paper: #fff; --ink: #000; }
          body { margin: 0; padding: 0; max-width: none; font-size: 10pt; }
          h1, h2, h3 { break-after: avoid; }
          tr, img, figure { break-inside: avoid; }
        }
        """;

    /// <summary>A page.</summary>
    /// <param name="title">Its title, as text.</param>
    /// <param name="style">Style sheet beyond what all pages share.</param>
    /// <param name="body">Its content, as HTML.</param>
    public static string Write(string title, string style, string body) =>
        $"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{Text(title)}</title>\n<style>\n{Shared}\n{style}\n</style>\n</head>\n<body>\n{body}</body>\n</html>\n";

    /// <summary>Text so that a page shows it as it is, in an element or in a quoted attribute.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text);
}
