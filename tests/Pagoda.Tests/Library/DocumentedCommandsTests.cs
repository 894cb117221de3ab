using System.CommandLine;
using System.Text.RegularExpressions;
using Pagoda.Cli;

namespace Pagoda.Tests.Library;

/// <summary>What README and docs say of the program, held against the program.</summary>
public sealed partial class DocumentedCommandsTests
{
    private static string Readme => Path.Combine(SharedFolder.RepositoryRoot, "README.md");

    private static IEnumerable<string> Pages =>
        Directory.EnumerateFiles(Path.Combine(SharedFolder.RepositoryRoot, "docs"), "*.md").Prepend(Readme);

    /// <summary>A command line at the beginning of a line or in backquotes, up to a comment.</summary>
    [GeneratedRegex(@"(?:^|`)\./run(?<arguments> [^`\n]*?)(?=\s*(?:`|\s#|$))", RegexOptions.Multiline)]
    private static partial Regex CommandLines { get; }

    /// <summary>Words, of which those in quotes may have spaces.</summary>
    [GeneratedRegex("""(?:"[^"]*"|\S)+""")]
    private static partial Regex Words { get; }

    [GeneratedRegex(@"\]\((?<target>[^)#:]+\.md)\)")]
    private static partial Regex PageLinks { get; }

    [Fact]
    public void Pages_EveryCommandLine_IsOneThatTheProgramTakes()
    {
        var root = CommandLine.BuildRoot(CommandLine.Commands);
        var lines = Pages.SelectMany(page => CommandLines.Matches(File.ReadAllText(page)).Select(match => (Path.GetFileName(page), match.Groups["arguments"].Value.Trim()))).ToList();
        Assert.True(lines.Count > 20, $"only {lines.Count} command lines were found");
        var wrong = lines
            .Select(line => (line, parsed: root.Parse(Arguments(line.Item2))))
            .Where(one => one.parsed.Errors.Count > 0)
            .Select(one => $"{one.line}: {string.Join(' ', one.parsed.Errors.Select(error => error.Message))}");
        Assert.Empty(wrong);
    }

    [Fact]
    public void Examples_OfEveryCommandsHelp_AreCommandLinesThatTheProgramTakes()
    {
        var root = CommandLine.BuildRoot(CommandLine.Commands);
        var examples = All(root).OfType<ExampleCommand>().SelectMany(command => command.Examples).ToList();
        Assert.All(examples, example => Assert.Empty(root.Parse(Arguments(example.Arguments)).Errors));
    }

    [Fact]
    public void Readme_NamesEveryCommand()
    {
        var readme = File.ReadAllText(Readme);
        var unnamed = CommandLine.Commands.Select(command => command.Build()).SelectMany(Ends).Where(path => !readme.Contains($"`./run {path}", StringComparison.Ordinal));
        Assert.Empty(unnamed);
    }

    [Fact]
    public void Pages_EveryLinkToAPage_LeadsToOne()
    {
        var links = Pages.SelectMany(page => PageLinks.Matches(File.ReadAllText(page)).Select(link => Path.Combine(Path.GetDirectoryName(page)!, link.Groups["target"].Value))).ToList();
        Assert.NotEmpty(links);
        Assert.All(links, link => Assert.True(File.Exists(link), link));
    }

    private static string[] Arguments(string line) =>
        [.. Words.Matches(line.Replace("\\|", "|", StringComparison.Ordinal)).Select(word => word.Value.Replace("\"", "", StringComparison.Ordinal))];

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);

    /// <summary>The commands that do something, as they are typed.</summary>
    private static IEnumerable<string> Ends(Command command) =>
        command.Subcommands.Count == 0 ? [command.Name] : command.Subcommands.SelectMany(Ends).Select(below => $"{command.Name} {below}");
}
