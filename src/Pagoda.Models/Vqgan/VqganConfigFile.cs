using System.Text.Json.Nodes;
using Pagoda.Models.Clip.Configs;

namespace Pagoda.Models.Vqgan;

/// <summary>
/// Pagoda's configuration of a VQGAN: the entry <c>vqgan</c> of a folder's <c>config.json</c>, with the names of
/// taming-transformers' <c>ddconfig</c>. What else the file holds belongs to other models.
/// </summary>
public static class VqganConfigFile
{
    /// <summary>The entry's name.</summary>
    public const string Entry = "vqgan";

    /// <summary>Reads the configuration, or null when the file is missing or speaks of other models only.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or a value is missing or wrong.</exception>
    public static VqganConfig? Read(string path)
    {
        if (!File.Exists(path) || JsonFields.ReadFile(path).Object(Entry) is not { } fields)
        {
            return null;
        }

        var standard = new VqganConfig();
        return new VqganConfig
        {
            Resolution = fields.Count("resolution"),
            Channels = fields.Count("ch"),
            Multipliers = fields.Counts("ch_mult"),
            Blocks = fields.Count("num_res_blocks"),
            AttentionResolutions = fields.Counts("attn_resolutions"),
            LatentChannels = fields.Count("z_channels"),
            CodebookSize = fields.Count("n_embed"),
            CodebookWidth = fields.Count("embed_dim"),
            NormGroups = fields.Count("norm_groups", standard.NormGroups),
            NormEpsilon = fields.Number("norm_eps", standard.NormEpsilon),
            CommitmentWeight = fields.Number("beta", standard.CommitmentWeight),
            LegacyCommitment = !fields.Has("legacy") || fields.Flag("legacy"),
            Gumbel = fields.Flag("gumbel"),
        }.Checked();
    }

    /// <summary>Writes the configuration into a file, beside what other models have there.</summary>
    /// <exception cref="InvalidDataException">A file is there that is not an object in JSON.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Write(string path, VqganConfig config) => ConfigEntries.Set(
        path,
        Entry,
        new JsonObject
        {
            ["resolution"] = config.Resolution,
            ["ch"] = config.Channels,
            ["ch_mult"] = new JsonArray([.. config.Multipliers.Select(value => (JsonNode)value)]),
            ["num_res_blocks"] = config.Blocks,
            ["attn_resolutions"] = new JsonArray([.. config.AttentionResolutions.Select(value => (JsonNode)value)]),
            ["z_channels"] = config.LatentChannels,
            ["n_embed"] = config.CodebookSize,
            ["embed_dim"] = config.CodebookWidth,
            ["norm_groups"] = config.NormGroups,
            ["norm_eps"] = config.NormEpsilon,
            ["beta"] = config.CommitmentWeight,
            ["legacy"] = config.LegacyCommitment,
            ["gumbel"] = config.Gumbel,
        });
}
