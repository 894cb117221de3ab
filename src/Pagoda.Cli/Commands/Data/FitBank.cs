using System.CommandLine;
using Pagoda.Data.Scenes;
using Pagoda.Generation.Start;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Data;

/// <summary><c>data bank</c>: the Gaussian mixture of blurry pictures that paintings start from.</summary>
internal static class FitBank
{
    private const int Size = 64;

    public static Command Build()
    {
        var folder = new Argument<string>("emoji") { Description = "A folder of emoji-*.tar shards, or a file of data cache." };
        var output = new Argument<string>("output") { Description = "The bank.safetensors to write, in a model's folder." };
        var pictures = new Option<int>("--pictures") { Description = "Scenes to fit to.", DefaultValueFactory = _ => 12_000 };
        var classes = new Option<int>("--classes") { Description = "Gaussians in the mixture; CLIPAG's bank has 200.", DefaultValueFactory = _ => 200 };
        var rank = new Option<int>("--rank") { Description = "Directions of variance kept for each.", DefaultValueFactory = _ => 8 };
        var white = new Option<double>("--white") { Description = "Share of scenes on white.", DefaultValueFactory = _ => 0.7 };
        var seed = new Option<ulong>("--seed") { Description = "Draws the scenes and the first centres.", DefaultValueFactory = _ => 1 };
        var force = new Option<bool>("--force") { Description = "Replace the file." };
        var command = new ExampleCommand(
            "bank",
            "Fit the blurry pictures that paintings start from to composed scenes.",
            ("data bank data/emoji models/emoji/bank.safetensors", "Sort 12,000 scenes into 200 classes and keep each one's Gaussian at 16 x 16 pixels."))
        {
            folder, output, pictures, classes, rank, white, seed, force,
        };
        command.SetAction(parsed =>
        {
            using var scope = new TensorScope();
            var composer = new SceneComposer(
                EmojiLibrary.Open(parsed.GetRequiredValue(folder)),
                new SceneOptions { Size = Size, SingleObjectOnly = true, WhiteBackgroundShare = parsed.GetValue(white) });
            using var source = new SceneSource(composer, parsed.GetValue(seed), threads: 0);
            var count = parsed.GetValue(pictures);
            var scenes = Tensor.From(source.Next(count).Images, count, 3, Size, Size);
            using var bank = InitBank.Fit(
                scenes, PictureClusters.Sort(scenes, parsed.GetValue(classes), parsed.GetValue(seed)), parsed.GetValue(rank));
            bank.Save(parsed.GetRequiredValue(output), parsed.GetValue(force));
            parsed.InvocationConfiguration.Output.WriteLine($"{bank.Classes} classes in {parsed.GetRequiredValue(output)}");
            return ExitCodes.Success;
        });
        return command;
    }
}
