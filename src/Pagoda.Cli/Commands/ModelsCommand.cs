using System.CommandLine;
namespace Pagoda.Cli.Commands;
internal sealed class ModelsCommand : IPagodaCommand { public Command Build() { var c = new ExampleCommand("models","d",("models","x")); c.SetAction(_ => 0); return c; } }
