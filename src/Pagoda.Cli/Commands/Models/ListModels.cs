using System.CommandLine;
using Pagoda.Models.Catalogue;
using Spectre.Console;

namespace Pagoda.Cli.Commands.Models;

/// <summary><c>models list</c>.</summary>
internal static class ListModels
{
    public static Command Build()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new ExampleCommand("list", "List the models of the catalogue.", ("models list", "Show them with size and licence."))
        {
            json,
        };
        command.SetAction(parsed => Run(parsed.InvocationConfiguration.Output, ModelCache.Default(), parsed.GetValue(json)));
        return command;
    }

    private static void Run(TextWriter output, ModelCache cache, bool json)
    {
        var entries = ModelCatalogue.Default.Entries;
        if (json)
        {
            Terminal.WriteJson(output, entries.Select(entry => new { Model = entry, File = cache.Find(entry) }));
            return;
        }

        var table = Terminal.Columns("name", "what", "size", "licence", "here");
        foreach (var entry in entries)
        {
            var file = cache.Find(entry);
            var size = file is not null ? new FileInfo(file).Length : entry.Size;
            table.AddRow(
                Markup.Escape(entry.Name),
                Markup.Escape(entry.What),
                size is { } bytes ? Terminal.Bytes(bytes) : "?",
                Markup.Escape(entry.Licence ?? "see its page"),
                file is null ? "" : "[green]yes[/]");
        }

        var console = Terminal.Rich(output);
        console.Write(table);
        output.WriteLine();
        output.WriteLine($"`models pull NAME` downloads into {cache.Folder}; `models show NAME` tells more.");
    }
}
