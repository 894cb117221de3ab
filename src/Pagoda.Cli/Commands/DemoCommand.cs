using System.CommandLine;
using Pagoda.Cli.Commands.Demo;

namespace Pagoda.Cli.Commands;

/// <summary><c>demo</c>: pictures and numbers for the documentation, made anew by one command.</summary>
internal sealed class DemoCommand : IPagodaCommand
{
    public Command Build() => new ExampleCommand(
        "demo",
        "Make the documentation's demonstrations anew.",
        ("demo gradients --plain runs/emoji-1 --robust runs/emoji-2 --emoji data/emoji --out gradients.png", "What adversarial training does to a model's gradients."))
    {
        ShowGradients.Build(),
    };
}
