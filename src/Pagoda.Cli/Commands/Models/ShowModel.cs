using System.CommandLine;
namespace Pagoda.Cli.Commands.Models;
internal static class ShowModel { public static Command Build() { var c = new ExampleCommand("show","d",("doctor","x")); c.SetAction(_ => 0); return c; } }
