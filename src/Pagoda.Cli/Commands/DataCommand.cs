using System.CommandLine;
using Pagoda.Cli.Commands.Data;

namespace Pagoda.Cli.Commands;

/// <summary><c>data</c>: looks at training data and packs it.</summary>
internal sealed class DataCommand : IPagodaCommand
{
    public Command Build() => new ExampleCommand(
        "data",
        "Look at what a run is trained on, and pack it for machines without picture decoders.",
        ("data preview configs/emoji/1-contrastive.yaml --out sheet.png", "See the first 64 pictures with their captions."))
    {
        new PreviewData().Build(),
        new PackEmoji().Build(),
    };
}
