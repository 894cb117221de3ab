using System.CommandLine;

namespace Pagoda.Cli;

/// <summary>One command of the program. A new one is a class in Commands/ and a line in <see cref="CommandLine.Commands"/>.</summary>
internal interface IPagodaCommand
{
    /// <summary>
    /// Builds the command with its options and action. The action throws on failure (the message is shown as one sentence) and
    /// stops at its cancellation token after saving what it has.
    /// </summary>
    Command Build();
}
