using System.CommandLine;
namespace Pagoda.Cli.Commands;
internal sealed class DoctorCommand : IPagodaCommand { public Command Build() { var c = new ExampleCommand("doctor","d",("doctor","x")); c.SetAction(_ => 0); return c; } }
