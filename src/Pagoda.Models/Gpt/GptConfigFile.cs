using System.Text.Json.Nodes;
using Pagoda.Models.Clip.Configs;

namespace Pagoda.Models.Gpt;

/// <summary>A transformer's shape as the object <c>gpt</c> of a <c>config.json</c>, beside which other models may have theirs.</summary>
public static class GptConfigFile
{
    /// <summary>The entry's name.</summary>
    public const string Key = "gpt";

    /// <summary>Reads the shape; null when the file does not speak of a transformer.</summary>
    /// <exception cref="InvalidDataException">A value is missing or wrong.</exception>
    public static GptConfig? Read(string path)
    {
        if (JsonFields.ReadFile(path).Object(Key) is not { } fields)
        {
            return null;
        }

        int Whole(string name) => fields.Has(name) ? fields.Counts(name, least: 0)[0] : 0;
        var config = new GptConfig
        {
            Layers = fields.Count("layers"),
            Width = fields.Count("width"),
            Heads = fields.Count("heads"),
            VocabularySize = fields.Count("vocabulary_size"),
            BlockSize = fields.Count("block_size"),
            ConditionWidth = Whole("condition_width"),
            Dropout = fields.Number("dropout", 0),
            ConditionDropout = fields.Number("condition_dropout", 0),
            HeadBias = fields.Flag("head_bias"),
            Unmasked = Whole("unmasked"),
        };
        try
        {
            config.Check();
            return config;
        }
        catch (ArgumentException problem)
        {
            throw new InvalidDataException($"{path}: {Key}: {problem.Message}", problem);
        }
    }

    /// <summary>Writes the shape; other entries of a file that is there stay.</summary>
    /// <exception cref="InvalidDataException">The file that is there is no JSON object.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Write(string path, GptConfig config) => ConfigEntries.Set(
        path,
        Key,
        new JsonObject
        {
            ["layers"] = config.Layers,
            ["width"] = config.Width,
            ["heads"] = config.Heads,
            ["vocabulary_size"] = config.VocabularySize,
            ["block_size"] = config.BlockSize,
            ["condition_width"] = config.ConditionWidth,
            ["dropout"] = config.Dropout,
            ["condition_dropout"] = config.ConditionDropout,
            ["head_bias"] = config.HeadBias,
            ["unmasked"] = config.Unmasked,
        });
}
