using System.CommandLine;
using System.Globalization;
using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Catalogue;
using Spectre.Console;

namespace Pagoda.Cli.Commands.Models;

/// <summary><c>models show</c>.</summary>
internal static class ShowModel
{
    public static Command Build()
    {
        var source = new Argument<string>("name|file") { Description = "A name of the catalogue, or a file or folder of weights." };
        var tensors = new Option<bool>("--tensors") { Description = "List every tensor with its type and shape." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new ExampleCommand(
            "show",
            "Show what a model is: origin, architecture, tensors, metadata.",
            ("models show clipag-vit-b-32", "Show where it comes from and, once pulled, what is in it."),
            ("models show weights.pt --tensors", "List the tensors of a file; nothing in it is run."))
        {
            source, tensors, json,
        };
        command.SetAction(parsed => Run(
            parsed.InvocationConfiguration.Output,
            ModelSource.Resolve(parsed.GetRequiredValue(source), ModelCache.Default()),
            parsed.GetValue(tensors),
            parsed.GetValue(json)));
        return command;
    }

    private static void Run(TextWriter output, ModelSource source, bool listTensors, bool json)
    {
        using var archive = source.File is { } file ? CheckpointFile.Open(file) : null;
        if (json)
        {
            Terminal.WriteJson(output, new
            {
                source.Entry,
                source.File,
                Network = archive is null ? null : ArchitectureSketch.Describe(archive.Entries),
                Parameters = archive?.Entries.Values.Sum(entry => entry.Elements),
                archive?.Metadata,
                Tensors = archive?.Entries.ToDictionary(pair => pair.Key, pair => new { Type = TypeName(pair.Value), pair.Value.Shape }),
            });
            return;
        }

        var table = Terminal.Columns("", "");
        foreach (var (label, value) in Rows(source, archive))
        {
            table.AddRow($"[bold]{label}[/]", Markup.Escape(value));
        }

        var console = Terminal.Rich(output);
        console.Write(table);
        if (listTensors && archive is not null)
        {
            output.WriteLine();
            foreach (var (name, entry) in archive.Entries)
            {
                output.WriteLine($"{name}  {entry}");
            }
        }
    }

    private static IEnumerable<(string Label, string Value)> Rows(ModelSource source, ITensorArchive? archive)
    {
        if (source.Entry is { } entry)
        {
            yield return ("name", string.Join(", ", entry.Aliases.Prepend(entry.Name)));
            yield return ("what", entry.What);
            yield return ("architecture", $"{entry.Architecture ?? "?"}{(entry.Activation is { } activation ? $", {activation}" : "")}");
            yield return ("source", entry.Source.AbsoluteUri);
            yield return ("licence", entry.Licence ?? "not established: see its page");
            yield return ("size", entry.Size is { } size ? Terminal.Bytes(size) : "not known before the first pull");
            yield return ("SHA-256", entry.Sha256 ?? "not known before the first pull");
        }

        yield return ("file", source.File ?? $"not on this machine; `models pull {source.Entry!.Name}` downloads it");
        if (archive is not null)
        {
            var entries = archive.Entries.Values;
            var types = entries.CountBy(TypeName).OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Value} {pair.Key}");
            yield return ("network", ArchitectureSketch.Describe(archive.Entries) ?? "unknown");
            yield return ("tensors", $"{archive.Entries.Count} ({string.Join(", ", types)})");
            yield return ("parameters", string.Create(CultureInfo.InvariantCulture, $"{entries.Sum(tensor => tensor.Elements):N0}"));
            foreach (var (key, value) in archive.Metadata)
            {
                yield return (Markup.Escape(key), value.Length > 200 ? $"{value[..200]}..." : value);
            }
        }
    }

    private static string TypeName(TensorEntry entry) => entry.UnsupportedType ?? entry.Type.ToString();
}
