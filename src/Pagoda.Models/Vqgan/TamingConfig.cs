using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Pagoda.Models.Vqgan;

/// <summary>What a project file of taming-transformers says that its weights do not, and what shows that the two belong together.</summary>
/// <param name="Path">The file.</param>
/// <param name="Resolution">Side of the pictures it was trained on.</param>
/// <param name="CodebookSize">Vectors in the codebook, where it says so.</param>
internal sealed record TamingConfig(string Path, int Resolution, int? CodebookSize)
{
    /// <summary>
    /// The file that belongs to a checkpoint: of its own name beside it, a <c>*project.yaml</c> or <c>model.yaml</c> beside it, or
    /// one in the folder <c>configs</c> beside its folder, where that program's training puts it.
    /// </summary>
    public static string? Find(string checkpoint)
    {
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(checkpoint))!;
        var configs = System.IO.Path.Combine(folder, "..", "configs");
        return new[] { System.IO.Path.ChangeExtension(checkpoint, ".yaml"), System.IO.Path.Combine(folder, "model.yaml") }.FirstOrDefault(File.Exists)
            ?? Projects(folder).FirstOrDefault() ?? (Directory.Exists(configs) ? Projects(configs).LastOrDefault() : null);
    }

    /// <summary>Reads a project file; null when it describes no VQGAN.</summary>
    /// <exception cref="InvalidDataException">It is not YAML, or its resolution is no number.</exception>
    public static TamingConfig? Read(string path)
    {
        var stream = new YamlStream();
        try
        {
            using var reader = File.OpenText(path);
            stream.Load(reader);
        }
        catch (YamlException problem)
        {
            throw new InvalidDataException($"{path} is not valid YAML: {problem.Message}", problem);
        }

        if (stream.Documents.Count == 0 || FindParameters(stream.Documents[0].RootNode, depth: 0) is not { } found)
        {
            return null;
        }

        var resolution = Number(path, (YamlMappingNode)found["ddconfig"], "resolution")
            ?? throw new InvalidDataException($"{path}: ddconfig has no resolution.");
        return new TamingConfig(path, resolution, Number(path, found, "n_embed"));
    }

    private static IEnumerable<string> Projects(string folder) => Directory.GetFiles(folder, "*project.yaml").Order(StringComparer.Ordinal);

    private static YamlMappingNode? FindParameters(YamlNode node, int depth)
    {
        if (node is not YamlMappingNode map || depth > 8)
        {
            return null;
        }

        return map.Children.TryGetValue("ddconfig", out var shape) && shape is YamlMappingNode ? map
            : map.Children.Values.Select(child => FindParameters(child, depth + 1)).FirstOrDefault(found => found is not null);
    }

    private static int? Number(string path, YamlMappingNode map, string name) =>
        !map.Children.TryGetValue(name, out var value) ? null
            : value is YamlScalarNode scalar && int.TryParse(scalar.Value, out var number) && number > 0 ? number
            : throw new InvalidDataException($"{path}: {name} is {value}, not a whole number above 0.");
}
