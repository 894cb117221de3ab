using System.CommandLine;
using Pagoda.Models.Catalogue;

namespace Pagoda.Cli.Commands.Models;

/// <summary><c>models verify-cache</c>.</summary>
internal static class VerifyCache
{
    public static Command Build()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new ExampleCommand(
            "verify-cache",
            "Read every pulled file again and hold it against its SHA-256.",
            ("models verify-cache", "Exit code 1 when a file is damaged."))
        {
            json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.InvocationConfiguration.Output, ModelCache.Default(), parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(TextWriter output, ModelCache cache, bool json, CancellationToken cancellation)
    {
        var results = new List<(string Name, string File, string? Problem)>();
        foreach (var entry in ModelCatalogue.Default.Entries)
        {
            if (cache.Find(entry) is not { } file)
            {
                continue;
            }

            var problem = await ModelPull.VerifyAsync(entry, file, cancellation);
            results.Add((entry.Name, file, problem));
            if (!json)
            {
                output.WriteLine(problem is null ? $"ok       {entry.Name}" : $"damaged  {entry.Name}: {problem} ({file})");
            }
        }

        if (json)
        {
            Terminal.WriteJson(output, results.Select(result => new { result.Name, result.File, Ok = result.Problem is null, result.Problem }));
        }
        else if (results.Count == 0)
        {
            output.WriteLine($"no model of the catalogue is in {cache.Folder}");
        }

        return results.Exists(result => result.Problem is not null) ? ExitCodes.Failure : ExitCodes.Success;
    }
}
