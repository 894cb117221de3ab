using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using Pagoda.Cli.Commands;
using Pagoda.Cli.Commands.Eval;
using Pagoda.Generation.Provenance;

namespace Pagoda.Cli;

/// <summary>Parses the arguments, runs the command, and turns whatever happens into an exit code and at most one sentence.</summary>
internal static class CommandLine
{
    /// <summary>Every command, in the order in which help shows them.</summary>
    public static IReadOnlyList<IPagodaCommand> Commands { get; } =
    [
        new GenerateCommand(),
        new ServeCommand(),
        new ReplayCommand(),
        new StyleCommand(),
        new ScoreCommand(),
        new TrainCommand(),
        new CompareCommand(),
        new EvalCommand(),
        new BenchCommand(),
        new DoctorCommand(),
        new ModelsCommand(),
        new DataCommand(),
        new VqganCommand(),
        new VerifyCommand(),
        new DemoCommand(),
    ];

    private static readonly Option<bool> Verbose = new("--verbose")
    {
        Description = "Show where an error came from.",
        Recursive = true,
    };

    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellation = default,
        IReadOnlyList<IPagodaCommand>? commands = null)
    {
        using var early = EarlyLoading.For(arguments);
        var parsed = BuildRoot(commands ?? Commands).Parse(arguments);
        if (parsed.Action is ParseErrorAction)
        {
            ParseErrors.Write(parsed, error);
            return ExitCodes.Usage;
        }

        try
        {
            var configuration = new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(configuration, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            error.WriteLine("pagoda: interrupted");
            return ExitCodes.Interrupted;
        }
        catch (Exception exception)
        {
            error.WriteLine($"pagoda: {Sentence(exception)}");
            if (parsed.GetValue(Verbose))
            {
                error.WriteLine(exception);
            }

            return exception is UsageException ? ExitCodes.Usage : ExitCodes.Failure;
        }
    }

    /// <summary>The whole tree of commands, ready to parse arguments.</summary>
    internal static Command BuildRoot(IReadOnlyList<IPagodaCommand> commands)
    {
        // The scripts that start the program name themselves here, so that help shows what the user types.
        var name = Environment.GetEnvironmentVariable("PAGODA_COMMAND") is { Length: > 0 } typed ? typed : "pagoda";
        List<Command> built = [.. commands.Select(command => command.Build())];
        var root = new ExampleCommand(
            name,
            "Pagoda turns text into pictures with CLIP itself as the painter.",
            [.. built.OfType<ExampleCommand>().Select(command => command.Examples[0])]);
        var helpOption = new HelpOption();
        var help = new ExampleHelp((HelpAction)helpOption.Action!);
        helpOption.Action = help;
        root.Add(helpOption);
        root.Add(new VersionOption { Action = new ShowVersion() });
        root.Add(Verbose);
        built.ForEach(root.Add);

        // A command that only groups others shows what it has.
        foreach (var group in Groups(root))
        {
            group.SetAction(help.Invoke);
        }

        return root;
    }

    private static IEnumerable<Command> Groups(Command command)
    {
        IEnumerable<Command> below = command.Subcommands.SelectMany(Groups);
        return command.Subcommands.Count > 0 && command.Action is null ? below.Prepend(command) : below;
    }

    private static string Sentence(Exception exception)
    {
        // These say nothing themselves: the sentence is inside.
        while (exception is AggregateException or TypeInitializationException or TargetInvocationException && exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception.Message.ReplaceLineEndings(" ").Trim();
    }

    private sealed class ShowVersion : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"pagoda {ProductVersion.Text}");
            return ExitCodes.Success;
        }
    }
}
