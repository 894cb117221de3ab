using System.Text.Json.Nodes;
using Pagoda.Models.Clip.Configs;

namespace Pagoda.Models.Captioner;

/// <summary>Pagoda's configuration of a captioner: the entry <c>captioner</c> of a folder's <c>config.json</c>. What else the file holds belongs to other models.</summary>
public static class CaptionerConfigFile
{
    /// <summary>The entry's name.</summary>
    public const string Entry = "captioner";

    /// <summary>Reads the configuration, or null when the file is missing or speaks of other models only.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or a value is missing or wrong.</exception>
    public static CaptionerConfig? Read(string path) => !File.Exists(path) || JsonFields.ReadFile(path).Object(Entry) is not { } fields
        ? null
        : new CaptionerConfig
        {
            Resolution = fields.Count("image_size"),
            TrunkWidths = fields.Counts("residual_width"),
            TrunkBlocks = fields.Counts("residual_layers", least: 0),
            Width = fields.Count("width"),
            Layers = fields.Count("layers"),
            Heads = fields.Count("heads"),
            HiddenFactor = fields.Count("mlp_ratio"),
            ContextLength = fields.Count("context_length"),
            VocabularySize = fields.Count("vocab_size"),
        }.Checked();

    /// <summary>Writes the configuration into a file, beside what other models have there.</summary>
    /// <exception cref="InvalidDataException">A file is there that is not an object in JSON.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Write(string path, CaptionerConfig config) => ConfigEntries.Set(
        path,
        Entry,
        new JsonObject
        {
            ["image_size"] = config.Resolution,
            ["residual_width"] = new JsonArray([.. config.TrunkWidths.Select(value => (JsonNode)value)]),
            ["residual_layers"] = new JsonArray([.. config.TrunkBlocks.Select(value => (JsonNode)value)]),
            ["width"] = config.Width,
            ["layers"] = config.Layers,
            ["heads"] = config.Heads,
            ["mlp_ratio"] = config.HiddenFactor,
            ["context_length"] = config.ContextLength,
            ["vocab_size"] = config.VocabularySize,
        });
}
