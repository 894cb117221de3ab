using System.CommandLine;
using Pagoda.Evaluation.Reports;

namespace Pagoda.Cli.Commands.Eval;

/// <summary><c>eval report</c>: what the other commands measured, as one page, one JSON file and one CSV file.</summary>
internal sealed class ReportCommand
{
    private readonly Argument<string[]> _reports = new("reports") { Description = "Reports: report.json, its folder, or a folder with reports below it; NAME=PLACE calls what was measured NAME.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _out = new("--out", "-o") { Description = "The folder for index.html, report.json and report.csv.", Required = true };
    private readonly Option<string> _title = new("--title") { Description = "The page's heading.", DefaultValueFactory = _ => "Measurements" };
    private readonly Option<int> _grid = new("--grid") { Description = "Prompts whose pictures are shown of each benchmark, evenly over the list; 0 for none.", DefaultValueFactory = _ => 8 };
    private readonly Option<string[]> _prompts = new("--grid-prompts") { Description = "Show prompts with these words instead.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<bool> _force = new("--force") { Description = "Overwrite what is there." };

    public Command Build()
    {
        var command = new ExampleCommand(
            "report",
            "Write everything that was measured as one page with tables, plots and pictures, and as JSON and CSV.",
            ("eval report runs/scenes runs/coco runs/compbench --out page", "Three benchmarks on one page."),
            ("eval report plain=runs/scenes-plain robust=runs/scenes-robust --title \"Does robust training help?\" --out page", "Two runs side by side, under names of your own."))
        {
            _reports, _out, _title, _grid, _prompts, _force,
        };
        command.SetAction(parsed => Run(parsed));
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var (folder, count, wanted, output) = (parsed.GetRequiredValue(_out), parsed.GetValue(_grid), parsed.GetValue(_prompts) ?? [], parsed.InvocationConfiguration.Output);
        if (count is < 0 or > 100)
        {
            throw new UsageException($"--grid is {count}; give 0 to 100");
        }

        var joined = JoinedReports.Join(parsed.GetRequiredValue(_title), JoinedReports.Find(parsed.GetRequiredValue(_reports), folder));
        if (joined.Report.Measurements.Count == 0)
        {
            throw new InvalidDataException("The reports have no numbers, not even missing ones; measure something first, as with ./run eval scenes.");
        }

        // Pictures that several benchmarks measured are shown once.
        var grids = joined.Pictures.DistinctBy(one => (one.Subject, Path.GetFullPath(one.Folder))).GroupBy(one => one.Benchmark)
            .Select(group => (group.Key, Grid: PictureGrid.Of([.. group], count, wanted)))
            .Where(one => one.Grid is not null).ToDictionary(one => one.Key, one => one.Grid!);
        if (wanted.Length > 0 && count > 0 && grids.Count == 0)
        {
            throw new UsageException($"--grid-prompts: no report's pictures are there, or none of a prompt with {string.Join(" or ", wanted.Select(word => $"\"{word}\""))}");
        }

        ReportFiles.Write(joined, grids, folder, parsed.GetValue(_force));
        output.WriteLine($"{Path.Combine(folder, ReportFiles.Page)}  {joined.Report.Measurements.Count(one => one.Score is not null)}/{joined.Report.Measurements.Count} numbers");
        return ExitCodes.Success;
    }
}
