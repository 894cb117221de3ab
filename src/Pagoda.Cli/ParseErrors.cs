using System.CommandLine;
using Pagoda.Models.Catalogue;

namespace Pagoda.Cli;

/// <summary>Says what is wrong with a command line, in one sentence, with the nearest thing that would be right.</summary>
internal static class ParseErrors
{
    public static void Write(ParseResult parsed, TextWriter error)
    {
        var program = parsed.RootCommandResult.Command.Name;
        var path = string.Join(' ', Path(parsed.CommandResult.Command, parsed.RootCommandResult.Command).Prepend(program));
        if (parsed.UnmatchedTokens is [var unknown, ..])
        {
            var what = unknown.StartsWith('-') ? "option" : parsed.CommandResult.Command.Subcommands.Count > 0 ? "command" : "argument";
            error.WriteLine($"pagoda: unknown {what} '{unknown}'{Suggestion(unknown, parsed.CommandResult.Command)}; see  {path} --help");
        }
        else
        {
            var sentence = parsed.Errors[0].Message.TrimEnd('.');
            error.WriteLine($"pagoda: {char.ToLowerInvariant(sentence[0])}{sentence[1..]}; see  {path} --help");
        }
    }

    private static string Suggestion(string unknown, Command command)
    {
        var names = unknown.StartsWith('-')
            ? Ancestors(command).SelectMany(c => c.Options.Where(o => !o.Hidden && (c == command || o.Recursive)).SelectMany(o => o.Aliases.Append(o.Name)))
            : command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name);
        var nearest = Spelling.Nearest(unknown.Split('=')[0], names);
        return nearest is null ? "" : $", did you mean '{nearest}'?";
    }

    private static IEnumerable<Command> Ancestors(Command command)
    {
        yield return command;
        foreach (var parent in command.Parents.OfType<Command>().SelectMany(Ancestors))
        {
            yield return parent;
        }
    }

    private static IEnumerable<string> Path(Command command, Command root) =>
        command == root ? [] : command.Parents.OfType<Command>().SelectMany(parent => Path(parent, root)).Append(command.Name);
}
