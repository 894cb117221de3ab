using System.CommandLine;
using System.Text.Json;
using Pagoda.Cli;
using Pagoda.Generation.Provenance;

namespace Pagoda.Tests.Cli;

public sealed class CommandLineTests
{
    private static async Task<(int Code, string Output, string Error)> Run(
        IReadOnlyList<IPagodaCommand>? commands, CancellationToken cancellation, params string[] arguments)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        var code = await CommandLine.RunAsync(arguments, output, error, cancellation, commands);
        return (code, output.ToString(), error.ToString());
    }

    private static Task<(int Code, string Output, string Error)> Run(params string[] arguments) => Run(null, default, arguments);

    [Theory]
    [InlineData]
    [InlineData("--help")]
    [InlineData("-h")]
    public async Task RunAsync_NoCommand_ShowsHelpWithExamples(params string[] arguments)
    {
        var (code, output, error) = await Run(arguments);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("CLIP itself as the painter", output, StringComparison.Ordinal);
        Assert.All(CommandLine.Commands, command => Assert.Contains($"\n  {command.Build().Name}", output, StringComparison.Ordinal));
        Assert.Contains("Examples:", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_EveryCommand_HasHelpAndExamples()
    {
        foreach (var path in CommandLine.Commands.Select(command => command.Build()).SelectMany(command => Paths(command)))
        {
            var (code, output, _) = await Run([.. path, "--help"]);
            Assert.Equal(0, code);
            Assert.True(output.Contains("Examples:", StringComparison.Ordinal), string.Join(' ', path));
        }

        static IEnumerable<string[]> Paths(Command command, params string[] above)
        {
            string[] path = [.. above, command.Name];
            return command.Subcommands.SelectMany(child => Paths(child, path)).Prepend(path);
        }
    }

    [Fact]
    public async Task RunAsync_Version_PrintsVersionAndCommit()
    {
        var (code, output, _) = await Run("--version");
        Assert.Equal(0, code);
        Assert.StartsWith("pagoda 0.", output, StringComparison.Ordinal);
        Assert.Equal("1.2.3 (commit 0123456789)", ProductVersion.Describe("1.2.3+0123456789abcdef0123"));
        Assert.Equal("1.2.3", ProductVersion.Describe("1.2.3"));
    }

    [Theory]
    [InlineData("unknown command 'modles', did you mean 'models'?", "modles")]
    [InlineData("unknown option '--jsno', did you mean '--json'?", "models", "list", "--jsno")]
    [InlineData("unknown option '--verbos', did you mean '--verbose'?", "doctor", "--verbos")]
    [InlineData("unknown command 'pul', did you mean 'pull'?", "models", "pul", "x")]
    [InlineData("unknown option '--zzz'; see", "doctor", "--zzz")]
    [InlineData("required argument missing for command: 'pull'", "models", "pull")]
    [InlineData("is not an address", "models", "pull", "clipag", "--mirror", "nowhere")]
    public async Task RunAsync_WrongUsage_SaysWhatAndEndsWith2(string expected, params string[] arguments)
    {
        var (code, output, error) = await Run(arguments);
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith("pagoda: ", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task RunAsync_CommandFails_OneSentenceAndExitCode1()
    {
        var failing = new Scripted(_ => throw new TypeInitializationException("Any", new InvalidOperationException("the disk\nis full")));
        var (code, _, error) = await Run([failing], default, "act");
        Assert.Equal((1, "pagoda: the disk is full"), (code, error.TrimEnd()));
    }

    [Fact]
    public async Task RunAsync_VerboseFailure_ShowsTheStack()
    {
        var failing = new Scripted(_ => throw new InvalidOperationException("the disk is full"));
        var (code, _, error) = await Run([failing], default, "act", "--verbose");
        Assert.Equal(1, code);
        Assert.Contains("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_Interrupted_LetsTheCommandSaveAndEndsWith130()
    {
        using var stop = new CancellationTokenSource();
        var saved = false;
        var command = new Scripted(async token =>
        {
            try
            {
                await stop.CancelAsync();
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                saved = true;
            }

            return 0;
        });
        var (code, _, error) = await Run([command], stop.Token, "act");
        Assert.Equal((130, "pagoda: interrupted", true), (code, error.TrimEnd(), saved));
    }

    [Fact]
    public async Task RunAsync_ModelsListJson_IsTheCatalogue()
    {
        var (code, output, error) = await Run("models", "list", "--json");
        Assert.Equal((0, ""), (code, error));
        using var json = JsonDocument.Parse(output);
        Assert.Contains(json.RootElement.EnumerateArray(), item => item.GetProperty("model").GetProperty("name").GetString() == "clipag-vit-b-32");
    }

    [Fact]
    public async Task RunAsync_Redirected_WritesNoEscapes()
    {
        var (_, output, _) = await Run("models", "list");
        Assert.Contains("clipag-vit-b-32", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output);
    }

    private sealed class Scripted(Func<CancellationToken, Task<int>> act) : IPagodaCommand
    {
        public Command Build()
        {
            var command = new ExampleCommand("act", "Does what the test says.", ("act", "Act."));
            command.SetAction((_, cancellation) => act(cancellation));
            return command;
        }
    }
}
