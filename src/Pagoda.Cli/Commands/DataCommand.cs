using System.CommandLine;
using Pagoda.Cli.Commands.Data;

namespace Pagoda.Cli.Commands;

/// <summary><c>data</c>: looks at training data before anything is trained on it.</summary>
internal sealed class DataCommand : IPagodaCommand
{
    public Command Build() => new ExampleCommand(
        "data",
        "Prepare training data and look at it.",
        ("data compose data/emoji sheet.png --count 64", "Draw 64 training scenes on one sheet and print their captions."),
        ("data preview configs/emoji/1-contrastive.yaml sheet.png", "See what a run will be trained on."),
        ("data cache data/emoji emoji.bin", "Decode all emoji once, into one file that loads in a second."),
        ("data bank data/emoji models/emoji/bank.safetensors", "Fit the blurry pictures that paintings start from."))
    {
        ComposeScenes.Build(),
        PreviewRun.Build(),
        CacheEmoji.Build(),
        FitBank.Build(),
    };
}
