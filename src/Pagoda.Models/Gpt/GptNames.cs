using Pagoda.Torch;

namespace Pagoda.Models.Gpt;

/// <summary>
/// Names of transformers in published checkpoints. CLIP-GEN's are the model's own; taming-transformers' keep query, key and
/// value apart, and lie under <c>transformer.</c> beside the tokenizers in its training checkpoints. Causal masks,
/// which both keep as tensors, are passed over.
/// </summary>
public static class GptNames
{
    private const string Table = "tok_emb.weight";

    /// <summary>Query, key and value in the order in which the model's input projection stacks them.</summary>
    private static readonly string[] Projections = ["query", "key", "value"];

    /// <summary>A checkpoint under the model's names; null when it holds no transformer over tokens.</summary>
    internal static IWeightSource? Unify(IWeightSource source)
    {
        var names = source.Names.ToHashSet(StringComparer.Ordinal);
        var prefix = names.Where(name => name == Table || name.EndsWith("." + Table, StringComparison.Ordinal))
            .Select(name => name[..^Table.Length]).OrderBy(found => found.Length).FirstOrDefault();
        if (prefix is null || source.Shape(prefix + "pos_emb") is null)
        {
            return null;
        }

        var map = new Dictionary<string, StoredAs>(StringComparer.Ordinal);
        var ignored = names.Where(name => !name.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        foreach (var stored in names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            var name = stored[prefix.Length..];
            if (IsMask(name))
            {
                ignored.Add(stored);
            }
            else
            {
                var (own, part) = Own(name);
                map.TryAdd(own, new StoredAs(part is null ? [stored] : Parts(stored)));
            }
        }

        return new RenamedWeights(source, map, ignored);
    }

    /// <summary>So many first positions that see each other, by the mask of the first block, if the checkpoint has one.</summary>
    internal static int Unmasked(IWeightSource source)
    {
        var name = source.Names.FirstOrDefault(name => name.EndsWith("blocks.0.attn.mask", StringComparison.Ordinal));
        if (name is null || source.Shape(name) is not [1, 1, var rows, var columns] || rows != columns)
        {
            return 0;
        }

        using var scope = new TensorScope();
        var seen = source.Read(name).To(ScalarType.Float32).Select(2, 0).Sum().ToInt64();
        return seen > 1 ? (int)seen : 0;
    }

    /// <summary>What a checkpoint without a transformer seems to be.</summary>
    internal static string Describe(IWeightSource source)
    {
        var names = source.Names.ToHashSet(StringComparer.Ordinal);
        return names.Any(name => name.Contains("quantize", StringComparison.Ordinal) || name.EndsWith("encoder.conv_in.weight", StringComparison.Ordinal)) ? "it seems to be a VQGAN"
            : names.Any(name => name.Contains("visual.", StringComparison.Ordinal) || name.StartsWith("vision_model.", StringComparison.Ordinal)) ? "it seems to be a CLIP model"
            : names.Any(name => name.EndsWith("wte.weight", StringComparison.Ordinal)) ? "it seems to be a GPT over words"
            : names.Contains("features.0.weight") ? "it seems to be a VGG classifier"
            : names.Any(name => name.StartsWith("lin0.", StringComparison.Ordinal)) ? "it seems to be LPIPS"
            : names.FirstOrDefault() is { } first ? $"it has tensors such as {first}"
            : "it is empty";
    }

    /// <summary>The model's name for a published one, and which third of it that is where the model keeps three in one.</summary>
    /// <param name="name">Such as <c>blocks.0.attn.key.weight</c>, which is part 1 of <c>blocks.0.encoder.self_attn.in_proj_weight</c>.</param>
    public static (string Name, int? Part) Own(string name)
    {
        if (name.StartsWith("ln_f.", StringComparison.Ordinal))
        {
            return ("norm." + name["ln_f.".Length..], null);
        }

        var parts = name.Split('.');
        if (parts.Length < 5 || parts[0] != "blocks" || parts[2] is not ("ln1" or "ln2" or "attn" or "mlp"))
        {
            return parts is ["blocks", _, "ln1" or "ln2", _] ? ($"blocks.{parts[1]}.encoder.norm{parts[2][^1]}.{parts[3]}", null) : (name, null);
        }

        var last = parts[^1];
        var part = Array.IndexOf(Projections, parts[3]);
        var inside = (parts[2], parts[3]) switch
        {
            ("attn", "proj") => $"self_attn.out_proj.{last}",
            ("attn", _) when part >= 0 => $"self_attn.in_proj_{last}",
            ("mlp", "0") => $"linear1.{last}",
            ("mlp", "2") => $"linear2.{last}",
            _ => null,
        };
        return inside is null ? (name, null) : ($"blocks.{parts[1]}.encoder.{inside}", part >= 0 ? part : null);
    }

    private static bool IsMask(string name) => name.StartsWith("blocks.", StringComparison.Ordinal) && name.EndsWith(".mask", StringComparison.Ordinal);

    private static string[] Parts(string stored)
    {
        var words = stored.Split('.');
        return [.. Projections.Select(part => string.Join('.', [.. words[..^2], part, words[^1]]))];
    }
}
