using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Pagoda.Cli;

/// <summary>System.CommandLine's own help, followed by the command's examples.</summary>
internal sealed class ExampleHelp(HelpAction inner) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        inner.Invoke(parseResult);
        if (parseResult.CommandResult.Command is ExampleCommand { Examples.Count: > 0 } command)
        {
            var output = parseResult.InvocationConfiguration.Output;
            var program = parseResult.RootCommandResult.Command.Name;
            output.WriteLine("Examples:");
            foreach (var (arguments, effect) in command.Examples)
            {
                output.WriteLine($"  {program} {arguments}");
                output.WriteLine($"      {effect}");
            }

            output.WriteLine();
        }

        return ExitCodes.Success;
    }
}
