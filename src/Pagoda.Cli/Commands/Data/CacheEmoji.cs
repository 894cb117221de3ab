using System.CommandLine;
using Pagoda.Data.Scenes;

namespace Pagoda.Cli.Commands.Data;

/// <summary><c>data cache</c>: the decoded emoji in one file, for machines without picture codecs and for quick starts.</summary>
internal static class CacheEmoji
{
    public static Command Build()
    {
        var folder = new Argument<string>("emoji") { Description = "A folder of emoji-*.tar shards." };
        var output = new Argument<string>("output") { Description = "The file to write." };
        var side = new Option<int>("--side")
        {
            Description = "The longest side of an emoji in pixels; a quarter above the size of the scenes is enough.",
            DefaultValueFactory = _ => EmojiLibrary.DefaultWorkingSize,
        };
        var command = new ExampleCommand(
            "cache",
            "Decode all emoji once, into one file that loads in a second.",
            ("data cache data/emoji emoji.bin", "Cut out, reduce and pack the emoji."))
        {
            folder, output, side,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(side) is < 8 or > 1024)
            {
                throw new UsageException("--side is 8 to 1024 pixels.");
            }

            var library = EmojiLibrary.Load(parsed.GetRequiredValue(folder), parsed.GetValue(side));
            library.SaveCache(parsed.GetRequiredValue(output));
            parsed.InvocationConfiguration.Output.WriteLine($"{library.Emoji.Count} emoji in {parsed.GetRequiredValue(output)}");
            return ExitCodes.Success;
        });
        return command;
    }
}
