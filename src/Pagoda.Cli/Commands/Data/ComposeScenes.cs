using System.CommandLine;
using Pagoda.Data.Scenes;
using Pagoda.Formats.Images;

namespace Pagoda.Cli.Commands.Data;

/// <summary><c>data compose</c>: a contact sheet of composed scenes, and their captions in the order of the sheet.</summary>
internal static class ComposeScenes
{
    public static Command Build()
    {
        var emoji = new Argument<string>("emoji") { Description = "A folder of emoji-*.tar shards, or a file that data cache wrote." };
        var output = new Argument<string>("output") { Description = "The PNG to write." };
        var count = new Option<int>("--count") { Description = "Scenes on the sheet.", DefaultValueFactory = _ => 64 };
        var seed = new Option<ulong>("--seed") { Description = "Which stream of scenes.", DefaultValueFactory = _ => 1UL };
        var size = new Option<int>("--size") { Description = "Width and height of a scene in pixels.", DefaultValueFactory = _ => 64 };
        var zoom = new Option<int>("--zoom") { Description = "Enlarge each pixel so many times.", DefaultValueFactory = _ => 2 };
        var heldOut = new Option<bool>("--held-out") { Description = "Only combinations that are never trained on." };
        var force = new Option<bool>("--force") { Description = "Overwrite the output." };
        var command = new ExampleCommand(
            "compose",
            "Draw training scenes on one sheet and print their captions.",
            ("data compose data/emoji sheet.png --count 64 --seed 1", "The first 64 scenes of the stream 1."),
            ("data compose emoji.bin sheet.png --held-out", "Scenes that training never shows."))
        {
            emoji, output, count, seed, size, zoom, heldOut, force,
        };
        command.SetAction(parsed =>
        {
            var options = new SceneOptions
            {
                Size = parsed.GetValue(size),
                Split = parsed.GetValue(heldOut) ? SceneSplit.HeldOut : SceneSplit.Train,
            };
            if (parsed.GetValue(count) is < 1 or > 10_000 || parsed.GetValue(zoom) is < 1 or > 16)
            {
                throw new UsageException("--count is 1 to 10000 scenes and --zoom is 1 to 16.");
            }

            var composer = new SceneComposer(EmojiLibrary.Open(parsed.GetRequiredValue(emoji)), options);
            using var source = new SceneSource(composer, parsed.GetValue(seed), threads: 0);
            var batch = source.Next(parsed.GetValue(count));
            var sheet = ContactSheet.Make(batch.Images, batch.Size, zoom: parsed.GetValue(zoom));
            PictureFile.Save(parsed.GetRequiredValue(output), PictureFile.EncodePng(sheet), parsed.GetValue(force));
            foreach (var caption in batch.Captions)
            {
                parsed.InvocationConfiguration.Output.WriteLine(caption);
            }

            return ExitCodes.Success;
        });
        return command;
    }
}
