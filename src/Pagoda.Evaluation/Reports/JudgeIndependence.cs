using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pagoda.Evaluation.Reports;

/// <summary>
/// Whether a judge had a part in making what it judges. Pictures that were made to please a network please it, whatever they show: its
/// score then says how well the optimisation went, not how good the pictures are.
/// </summary>
public static class JudgeIndependence
{
    /// <summary>What must be shown beside a number; null where the judge is none of the networks that a record names.</summary>
    /// <param name="painting">The record of how pictures were made, with the SHA-256 of every network; null where there is none.</param>
    /// <param name="judge">The judge's name.</param>
    /// <param name="weights">SHA-256 of its weights.</param>
    public static string? WarningOf(JsonNode? painting, string judge, string? weights) => weights is not null && Names(painting, weights)
        ? $"WARNING: {judge} is one of the networks that made these pictures; its score says how well they were optimised, not how good they are; take another judge."
        : null;

    private static bool Names(JsonNode? node, string hash) => node switch
    {
        JsonObject all => all.Any(pair => Names(pair.Value, hash)),
        JsonArray all => all.Any(one => Names(one, hash)),
        JsonValue value => value.GetValueKind() == JsonValueKind.String && string.Equals(value.GetValue<string>(), hash, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
