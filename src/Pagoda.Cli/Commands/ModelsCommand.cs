using System.CommandLine;
using Pagoda.Cli.Commands.Models;

namespace Pagoda.Cli.Commands;

/// <summary><c>models</c>: the published weights that Pagoda knows.</summary>
internal sealed class ModelsCommand : IPagodaCommand
{
    public Command Build() => new ExampleCommand(
        "models",
        "List, download, inspect and convert weights.",
        ("models list", "Show every model of the catalogue, and which are here."),
        ("models pull clipag-vit-b-32", "Download CLIPAG's weights into the cache, or continue a download."),
        ("models show CLIPAG_ViTB32.pt", "Show what a file of weights contains."))
    {
        ListModels.Build(),
        ShowModel.Build(),
        PullModels.Build(),
        ConvertModel.Build(),
        AddNetworks.Build(),
        InterpolateModels.Build(),
        MeasureModality.Build(),
        VerifyCache.Build(),
    };
}
