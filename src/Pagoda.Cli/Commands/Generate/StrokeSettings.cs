using System.CommandLine;
using Pagoda.Generation.Strokes;

namespace Pagoda.Cli.Commands.Generate;

/// <summary>The options of <c>generate</c> that are for drawing with strokes.</summary>
internal sealed class StrokeSettings
{
    private readonly Option<int?> _count = new("--strokes") { Description = "Drawing: how many strokes; 256 by default." };
    private readonly Option<bool> _fill = new("--fill") { Description = "Drawing: filled areas in place of lines." };
    private readonly Option<double?> _width = new("--stroke-width") { Description = "Drawing: width of lines at the start, in 224ths of the picture's side." };
    private readonly Option<string?> _palette = new("--palette") { Description = "Drawing: the colours to use, as #rrggbb,#rrggbb,…" };
    private readonly Option<string?> _background = new("--background") { Description = $"Drawing: what is behind the strokes, as #rrggbb, or {StrokeOptions.Free} to have it painted too; white by default." };
    private readonly Option<double?> _prune = new("--prune") { Description = "Drawing: leave out strokes in the end as long as pixels change by no more than this, of 1, in the mean." };

    public IEnumerable<Option> All => [_count, _fill, _width, _palette, _background, _prune];

    /// <summary>What was asked for; null where nothing was.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="own">The drawing where nothing is.</param>
    public StrokeOptions? Of(ParseResult parsed, StrokeOptions own)
    {
        var asked = own with
        {
            Count = parsed.GetValue(_count) ?? own.Count,
            Fill = parsed.GetValue(_fill),
            Width = parsed.GetValue(_width) ?? own.Width,
            Palette = parsed.GetValue(_palette)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? own.Palette,
            Background = parsed.GetValue(_background) ?? own.Background,
            Prune = parsed.GetValue(_prune) ?? own.Prune,
        };
        asked.Check();
        return asked == own ? null : asked;
    }
}
