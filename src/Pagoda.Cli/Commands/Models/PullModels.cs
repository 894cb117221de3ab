using System.CommandLine;
using Pagoda.Models.Catalogue;

namespace Pagoda.Cli.Commands.Models;

/// <summary><c>models pull</c>.</summary>
internal static class PullModels
{
    public static Command Build()
    {
        var names = new Argument<string[]>("name") { Description = "Names of the catalogue.", Arity = ArgumentArity.OneOrMore };
        var force = new Option<bool>("--force") { Description = "Download again what is here, and forget what earlier pulls recorded of it." };
        var mirror = new Option<string?>("--mirror")
        {
            Description = "Ask this server instead, for the same path or for NAME/FILE below this address (PAGODA_MIRROR).",
            HelpName = "URL",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("PAGODA_MIRROR") is { Length: > 0 } named ? named : null,
        };
        var command = new ExampleCommand(
            "pull",
            "Download weights into the cache; a download that was cut off goes on where it stopped.",
            ("models pull clipag-vit-b-32", "Download CLIPAG's weights."),
            ("models pull openai-vit-b-32 --mirror https://mirror.example", "Ask another server; the file is held to the same SHA-256."))
        {
            names, force, mirror,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error,
            parsed.GetRequiredValue(names),
            parsed.GetValue(force),
            parsed.GetValue(mirror),
            cancellation));
        return command;
    }

    private static async Task RunAsync(
        TextWriter output, TextWriter error, string[] names, bool force, string? mirror, CancellationToken cancellation)
    {
        List<CatalogueEntry> entries = [.. names.Select(ModelCatalogue.Default.Get)];
        using var client = Downloader.CreateClient();
        var pull = new ModelPull(ModelCache.Default(), new Downloader(client), ParseMirror(mirror));
        foreach (var entry in entries)
        {
            var outcome = await PullDisplay.ShowAsync(
                error, entry.Name, progress => pull.RunAsync(entry, force, progress, cancellation));
            if (outcome.AlreadyHere)
            {
                error.WriteLine($"{entry.Name} is here already (--force downloads it again)");
            }
            else if (outcome is { Pinned: true, Pin: { } pin })
            {
                error.WriteLine($"{entry.Name}: the catalogue has no SHA-256 for it; from now on it is held to the one seen, {pin.Sha256}");
            }

            output.WriteLine(outcome.File);
        }
    }

    private static Uri? ParseMirror(string? mirror) =>
        mirror is null ? null
        : Uri.TryCreate(mirror, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri
        : throw new UsageException($"the mirror '{mirror}' is not an address that begins with https:// or http://");
}
