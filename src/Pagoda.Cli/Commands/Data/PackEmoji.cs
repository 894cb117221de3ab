using System.CommandLine;
using Pagoda.Data.Scenes;

namespace Pagoda.Cli.Commands.Data;

/// <summary><c>data pack-emoji</c>: emoji shards decoded and cut out once, as one file.</summary>
internal sealed class PackEmoji : IPagodaCommand
{
    private static readonly Argument<DirectoryInfo> Folder = new("folder") { Description = "The folder with emoji-*.tar." };
    private static readonly Argument<FileInfo> Out = new("file") { Description = "The file to write, for data.emoji." };
    private static readonly Option<bool> Force = new("--force") { Description = "Replace a file that is there." };

    public Command Build()
    {
        var command = new ExampleCommand(
            "pack-emoji",
            "Decode and cut out all emoji once, into one file that data.emoji takes in place of the folder.",
            ("data pack-emoji ../shared/data/emoji runs/emoji.bin", "Pack the emoji."))
        {
            Folder,
            Out,
            Force,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        var file = parsed.GetValue(Out)!;
        if (file.Exists && !parsed.GetValue(Force))
        {
            throw new UsageException($"{file} exists already; choose another name, or replace it with --force");
        }

        var library = EmojiLibrary.Load(parsed.GetValue(Folder)!.ToString());
        file.Directory!.Create();
        library.SaveCache(file.FullName);
        file.Refresh();
        parsed.InvocationConfiguration.Output.WriteLine($"{library.Emoji.Count} emoji in {file}, {Terminal.Bytes(file.Length)}");
        return ExitCodes.Success;
    }
}
