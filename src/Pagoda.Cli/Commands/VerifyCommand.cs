using System.CommandLine;
using System.Globalization;
using Pagoda.Cli.Verification;
using Spectre.Console;

namespace Pagoda.Cli.Commands;

/// <summary><c>verify</c>: holds Pagoda against outputs of the reference implementations.</summary>
internal sealed class VerifyCommand : IPagodaCommand
{
    private static readonly Argument<string> Folder = new("folder") { Description = "A folder of fixtures with its index.json." };
    private static readonly Option<string?> Vocabulary = new("--vocab") { Description = "CLIP's list of merges, if it is not in the cache." };
    private static readonly Option<bool> All = new("--all") { Description = "Show every quantity, not only each fixture's worst." };
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON, every quantity." };

    public Command Build()
    {
        var command = new ExampleCommand(
            "verify",
            "Compare Pagoda's numbers with those of the reference implementations.",
            ("verify fixtures", "Exit code 0 only when every fixture is known and holds."))
        {
            Folder,
            Vocabulary,
            All,
            Json,
        };
        command.SetAction((parsed, cancellation) => Task.Run(() => Run(parsed, cancellation), CancellationToken.None));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var output = parsed.InvocationConfiguration.Output;
        var folder = new FixtureFolder(parsed.GetValue(Folder)!, parsed.GetValue(Vocabulary));
        var findings = new List<IReadOnlyList<Finding>>();
        foreach (var fixture in folder.Fixtures)
        {
            cancellation.ThrowIfCancellationRequested();
            findings.Add(folder.Verify(fixture));
        }

        var held = findings.Count(fixture => fixture.All(finding => finding.Ok));
        if (parsed.GetValue(Json))
        {
            Terminal.WriteJson(output, new
            {
                Ok = held == findings.Count,
                Findings = findings.SelectMany(fixture => fixture).Select(finding => new
                {
                    finding.Fixture,
                    finding.Quantity,
                    // JSON has no infinity.
                    Error = finding.Error is { } error && double.IsFinite(error) ? error : (double?)null,
                    finding.Tolerance,
                    finding.Ok,
                    finding.Note,
                }),
            });
        }
        else
        {
            Terminal.Rich(output).Write(TableOf(findings.SelectMany(fixture => parsed.GetValue(All) ? fixture : Shortened(fixture))));
            output.WriteLine();
            output.WriteLine($"{held} of {findings.Count} fixtures hold");
        }

        return held == findings.Count && held > 0 ? ExitCodes.Success : ExitCodes.Failure;
    }

    /// <summary>Whatever does not hold, or else what comes nearest to not holding.</summary>
    private static IEnumerable<Finding> Shortened(IReadOnlyList<Finding> findings)
    {
        var failed = findings.Where(finding => !finding.Ok).ToList();
        return failed.Count > 0 ? failed : [findings.MaxBy(finding => finding.Tolerance > 0 ? finding.Error / finding.Tolerance : finding.Error)!];
    }

    private static Table TableOf(IEnumerable<Finding> findings)
    {
        var table = Terminal.Columns("fixture", "quantity", "error", "tolerance", "ok", "");
        foreach (var finding in findings)
        {
            table.AddRow(
                Markup.Escape(finding.Fixture),
                Markup.Escape(finding.Quantity),
                Number(finding.Error),
                Number(finding.Tolerance),
                finding.Ok ? "[green]ok[/]" : "[red]no[/]",
                Markup.Escape(finding.Note ?? ""));
        }

        return table;
    }

    private static string Number(double? number) => number?.ToString("0.0e-0", CultureInfo.InvariantCulture) ?? "";
}
