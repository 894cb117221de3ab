using System.Text.Json.Nodes;
using Pagoda.Models.Clip.Configs;

namespace Pagoda.Models.Diffusion;

/// <summary>
/// Pagoda's configuration of a denoising network: the entry <c>diffusion</c> of a folder's <c>config.json</c>, with the names of guided-diffusion's options. What else the file
/// holds belongs to other models.
/// </summary>
public static class DiffusionConfigFile
{
    /// <summary>The entry's name.</summary>
    public const string Entry = "diffusion";

    /// <summary>Reads the configuration, or null when the file is missing or speaks of other models only.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or a value is missing or wrong.</exception>
    public static DiffusionConfig? Read(string path)
    {
        if (!File.Exists(path) || JsonFields.ReadFile(path).Object(Entry) is not { } fields)
        {
            return null;
        }

        var standard = new DiffusionConfig();
        return new DiffusionConfig
        {
            Resolution = fields.Count("image_size"),
            Channels = fields.Count("num_channels"),
            Multipliers = fields.Numbers("channel_mult") is { Length: > 0 } multipliers ? multipliers : throw new InvalidDataException($"{path}: {Entry}.channel_mult is missing; give a list of numbers."),
            Blocks = fields.Count("num_res_blocks"),
            AttentionFactors = fields.Has("attention_factors") ? fields.Counts("attention_factors") : [],
            HeadChannels = fields.Has("num_head_channels") ? fields.Count("num_head_channels") : fields.Has("num_heads") ? 0 : standard.HeadChannels,
            Heads = fields.Count("num_heads", standard.Heads),
            ScaleShift = fields.Flag("use_scale_shift_norm"),
            ResidualResampling = fields.Flag("resblock_updown"),
            LearnedVariance = fields.Flag("learn_sigma"),
            NormGroups = fields.Count("norm_groups", standard.NormGroups),
            Steps = fields.Count("diffusion_steps", standard.Steps),
            Noise = fields.Text("noise_schedule") switch
            {
                null or "linear" => NoiseKind.Linear,
                "cosine" => NoiseKind.Cosine,
                var other => throw new InvalidDataException($"{path}: {Entry}.noise_schedule is \"{other}\"; it has to be linear or cosine."),
            },
        }.Checked();
    }

    /// <summary>Writes the configuration into a file, beside what other models have there.</summary>
    /// <exception cref="InvalidDataException">A file is there that is not an object in JSON.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Write(string path, DiffusionConfig config) => ConfigEntries.Set(
        path,
        Entry,
        new JsonObject
        {
            ["image_size"] = config.Resolution,
            ["num_channels"] = config.Channels,
            ["channel_mult"] = new JsonArray([.. config.Multipliers.Select(value => (JsonNode)value)]),
            ["num_res_blocks"] = config.Blocks,
            ["attention_factors"] = new JsonArray([.. config.AttentionFactors.Select(value => (JsonNode)value)]),
            [config.HeadChannels > 0 ? "num_head_channels" : "num_heads"] = config.HeadChannels > 0 ? config.HeadChannels : config.Heads,
            ["use_scale_shift_norm"] = config.ScaleShift,
            ["resblock_updown"] = config.ResidualResampling,
            ["learn_sigma"] = config.LearnedVariance,
            ["norm_groups"] = config.NormGroups,
            ["diffusion_steps"] = config.Steps,
            ["noise_schedule"] = config.Noise == NoiseKind.Cosine ? "cosine" : "linear",
        });
}
