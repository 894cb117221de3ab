using System.Reflection;

namespace Pagoda.Cli.Commands;

/// <summary>The training configurations that come with the program, by name: <c>clip-jem/convnext-base</c>; <c>clip-jem</c> is its ViT-B/32, <c>vqgan</c> is <c>clip-gen/vqgan</c>, <c>diffusion</c> and <c>captioner</c> the small ones for emoji scenes.</summary>
internal static class RecipeFiles
{
    private const string Extension = ".yaml";
    private const string Prefix = "recipes/";

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames().Select(name => name.Replace('\\', '/'))
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..^Extension.Length]).Order(StringComparer.Ordinal),
    ];

    /// <summary>A recipe's text; null when the name is a file's or none that is known.</summary>
    public static string? Find(string name)
    {
        var full = Names.Contains(name) ? name : Names.Contains($"{name}/vit-b-32") ? $"{name}/vit-b-32" : Names.FirstOrDefault(one => one == $"clip-gen/{name}");
        if (full is null || File.Exists(name))
        {
            return null;
        }

        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + full + Extension)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
