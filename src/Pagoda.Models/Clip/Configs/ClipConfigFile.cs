using System.Text.Json;
using System.Text.Json.Nodes;
using Pagoda.Formats;

namespace Pagoda.Models.Clip.Configs;

/// <summary>Configurations of CLIP models in files.</summary>
public static class ClipConfigFile
{
    /// <summary>Names under which a configuration lies beside weights; the one that says more comes first.</summary>
    private static readonly string[] Names = ["open_clip_config.json", "config.json"];

    /// <summary>
    /// Reads open_clip's <c>open_clip_config.json</c>, one of its model configurations, Pagoda's own <c>config.json</c>, or
    /// Hugging Face's with the <c>preprocessor_config.json</c> beside it.
    /// </summary>
    /// <exception cref="InvalidDataException">It is none of these, a value is missing or wrong, or it describes a variant that Pagoda does not have.</exception>
    public static ClipConfig Read(string path)
    {
        var root = JsonFields.ReadFile(path);
        if (root.Has("model_cfg") || root.Has("vision_cfg"))
        {
            return OpenClipConfig.Read(root);
        }

        if (root.Has("vision_config") && root.Has("text_config"))
        {
            var beside = Path.Combine(Path.GetDirectoryName(path) ?? "", "preprocessor_config.json");
            return HuggingFaceConfig.Read(root, File.Exists(beside) ? JsonFields.ReadFile(beside) : null);
        }

        throw new InvalidDataException($"{path} describes no CLIP model: it has neither vision_cfg (open_clip, Pagoda) nor vision_config with text_config (Hugging Face).");
    }

    /// <summary>The configuration file of a folder with weights, or null when it has none.</summary>
    public static string? FindIn(string folder) => Names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Writes a configuration in the form of <c>open_clip_config.json</c>, replacing a file that is there.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="beside">Further entries of the file, which readers of the configuration pass over.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Write(string path, ClipConfig config, IReadOnlyDictionary<string, JsonNode>? beside = null) => AtomicFile.Write(path, overwrite: true, stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        OpenClipConfig.Write(json, config, beside ?? new Dictionary<string, JsonNode>());
    });
}
