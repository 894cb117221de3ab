using Pagoda.Torch;

namespace Pagoda.Generation.ClipGen;

/// <summary>
/// Leaves only likely tokens to choose from, as CLIP-GEN does (HFAiLab/clip-gen: models/gpt.py, top_k_top_p): first top-k,
/// then top-p over what top-k left. What is dropped becomes minus infinity.
/// </summary>
public static class TokenFilter
{
    /// <summary>Applies both.</summary>
    /// <param name="logits"><c>[N, V]</c>.</param>
    /// <param name="topK">So many of the most likely are kept; 0 keeps all.</param>
    /// <param name="topP">The least probability that the kept ones must have together; 1 keeps all.</param>
    /// <returns><c>[N, V]</c>.</returns>
    public static Tensor Apply(Tensor logits, int topK, double topP)
    {
        using var scope = new TensorScope();
        return scope.Keep(TopP(TopK(logits, topK), topP));
    }

    /// <summary>Keeps the k largest of each row, and whatever equals the k-th (also CompVis/taming-transformers: mingpt.py, top_k_logits).</summary>
    public static Tensor TopK(Tensor logits, int k)
    {
        if (k <= 0 || k >= logits.Size(1))
        {
            return logits;
        }

        var least = logits.Topk(k, 1, largest: true, sorted: true).Item1.Narrow(1, k - 1, 1);
        return logits.MaskedFill(logits.Lt(least), double.NegativeInfinity);
    }

    /// <summary>
    /// Keeps the fewest of each row, most likely first, whose probabilities add up to more than p; at least one (nucleus
    /// sampling, Holtzman et al. 2020). Of equal ones the lower number goes first.
    /// </summary>
    public static Tensor TopP(Tensor logits, double p)
    {
        if (p >= 1)
        {
            return logits;
        }

        var (sorted, order) = logits.Sort(stable: true, dim: -1, descending: true);
        var sums = sorted.Softmax(-1).Cumsum(-1);
        // A token goes when those before it already have more than p.
        var over = sums.Narrow(1, 0, sums.Size(1) - 1).Gt(p);
        var dropped = Ops.Cat([Ops.Zeros([sums.Size(0), 1], ScalarType.Bool, device: logits.Device), over], 1);
        return logits.MaskedFill(Ops.ZerosLike(dropped).Scatter_(1, order, dropped), double.NegativeInfinity);
    }
}
