using Pagoda.Torch;

namespace Pagoda.Models.Gpt;

/// <summary>
/// Names of transformers in published checkpoints. CLIP-GEN's are the model's own; taming-transformers' keep query, key and
/// value apart, and lie under <c>transformer.</c> beside the tokenizers in its training checkpoints. Causal masks,
/// which both keep as tensors, are passed over.
/// </summary>
internal static class GptNames
{
    private const string Table = "tok_emb.weight";

    /// <summary>A checkpoint under the model's names; null when it holds no transformer over tokens.</summary>
    public static IWeightSource? Unify(IWeightSource source)
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
            else if (Own(name) is { } own)
            {
                map.TryAdd(own, new StoredAs(Joined(stored)));
            }
        }

        return new RenamedWeights(source, map, ignored);
    }

    /// <summary>So many first positions that see each other, by the mask of the first block, if the checkpoint has one.</summary>
    public static int Unmasked(IWeightSource source)
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
    public static string Describe(IWeightSource source)
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

    private static bool IsMask(string name) => name.StartsWith("blocks.", StringComparison.Ordinal) && name.EndsWith(".mask", StringComparison.Ordinal);

    private static string? Own(string name)
    {
        if (name.StartsWith("ln_f.", StringComparison.Ordinal))
        {
            return "norm." + name["ln_f.".Length..];
        }

        var parts = name.Split('.');
        if (parts.Length < 4 || parts[0] != "blocks")
        {
            return name;
        }

        string? inside = (parts[2], parts[3]) switch
        {
            ("ln1", var last) => $"norm1.{last}",
            ("ln2", var last) => $"norm2.{last}",
            ("attn", "query") => $"self_attn.in_proj_{parts[^1]}",
            ("attn", "key" or "value") => null,
            ("attn", "proj") => $"self_attn.out_proj.{parts[^1]}",
            ("mlp", "0") => $"linear1.{parts[^1]}",
            ("mlp", "2") => $"linear2.{parts[^1]}",
            _ => "",
        };
        return inside is null ? null : inside.Length == 0 ? name : $"blocks.{parts[1]}.encoder.{inside}";
    }

    private static string[] Joined(string stored) =>
        stored.Contains(".attn.query.", StringComparison.Ordinal)
            ? [.. new[] { "query", "key", "value" }.Select(part => stored.Replace(".attn.query.", $".attn.{part}.", StringComparison.Ordinal))]
            : [stored];
}
