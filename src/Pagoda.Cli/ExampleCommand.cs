using System.CommandLine;

namespace Pagoda.Cli;

/// <summary>A command whose help ends with examples.</summary>
/// <param name="name">The word that is typed.</param>
/// <param name="description">One sentence.</param>
/// <param name="examples">Arguments as typed after the program's name, each with what it does.</param>
internal sealed class ExampleCommand(string name, string description, params (string Arguments, string Effect)[] examples)
    : Command(name, description)
{
    public IReadOnlyList<(string Arguments, string Effect)> Examples { get; } = examples;
}
