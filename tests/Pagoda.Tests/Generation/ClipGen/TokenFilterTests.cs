using FsCheck;
using FsCheck.Fluent;
using Pagoda.Generation.ClipGen;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation.ClipGen;

public sealed class TokenFilterTests
{
    [Fact]
    public void TopK_DifferentLogits_KeepsExactlyTheLargest() =>
        Prop.ForAll(Cases().ToArbitrary(), given =>
        {
            var kept = Kept(given.Logits, given.K, 1);
            var least = given.Logits.OrderDescending().ElementAt(Math.Min(given.K, given.Logits.Length) - 1);
            return kept.Length == Math.Min(given.K, given.Logits.Length) && kept.All(i => given.Logits[i] >= least);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TopP_KeepsTheFewestThatHaveMoreThanP() =>
        Prop.ForAll(Cases().ToArbitrary(), given =>
        {
            var kept = Kept(given.Logits, 0, given.P).ToHashSet();
            var sum = given.Logits.Sum(logit => Math.Exp(logit));
            double Share(IEnumerable<int> tokens) => tokens.Sum(i => Math.Exp(given.Logits[i])) / sum;
            var byLikelihood = Enumerable.Range(0, given.Logits.Length).OrderByDescending(i => given.Logits[i]).ToArray();
            // They are the most likely ones, they have p together, and without the last of them they would not.
            return kept.SetEquals(byLikelihood.Take(kept.Count))
                && Share(kept) > given.P - 1e-5
                && Share(byLikelihood.Take(kept.Count - 1)) < given.P + 1e-5;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Apply_Both_TopPCountsWhatTopKLeft() =>
        Prop.ForAll(Cases().ToArbitrary(), given =>
        {
            var first = Kept(given.Logits, given.K, 1);
            float[] left = [.. first.Select(i => given.Logits[i])];
            return Kept(given.Logits, given.K, given.P).SequenceEqual(Kept(left, 0, given.P).Select(i => first[i]));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Apply_KeptLogits_AreUnchanged()
    {
        using var scope = new TensorScope();
        var logits = Tensor.From([1f, 3, 2, 0, 5, 4], 2, 3);

        Assert.Equal([float.NegativeInfinity, 3, 2, float.NegativeInfinity, 5, 4], TokenFilter.TopK(logits, 2).ToArray<float>());
        Assert.Equal(logits.ToArray<float>(), TokenFilter.Apply(logits, 0, 1).ToArray<float>());
        Assert.Equal(logits.ToArray<float>(), TokenFilter.Apply(logits, 100, 1).ToArray<float>());
    }

    [Fact]
    public void TopK_EqualsOfTheLast_StayToo()
    {
        using var scope = new TensorScope();
        Assert.Equal([1f, float.NegativeInfinity, 1, 2], TokenFilter.TopK(Tensor.From([1f, 0, 1, 2], 1, 4), 2).ToArray<float>());
    }

    [Fact]
    public void TopP_Equals_KeepsTheLowerNumber()
    {
        using var scope = new TensorScope();
        Assert.Equal([1f, 1, float.NegativeInfinity, float.NegativeInfinity], TokenFilter.TopP(Tensor.From([1f, 1, 1, 1], 1, 4), 0.4).ToArray<float>());
    }

    private static int[] Kept(float[] logits, int k, double p)
    {
        using var scope = new TensorScope();
        var filtered = TokenFilter.Apply(Tensor.From(logits, 1, logits.Length), k, p).ToArray<float>();
        return [.. Enumerable.Range(0, filtered.Length).Where(i => !float.IsNegativeInfinity(filtered[i]))];
    }

    /// <summary>Logits far enough apart that float32 keeps their order.</summary>
    private static Gen<(float[] Logits, int K, double P)> Cases() =>
        from count in Gen.Choose(1, 30)
        from seed in Gen.Choose(1, 10_000)
        from k in Gen.Choose(1, 30)
        from percent in Gen.Choose(1, 99)
        select (Draw(count, seed), k, percent / 100.0);

    private static float[] Draw(int count, int seed)
    {
        var random = new Random(seed);
        var logits = Enumerable.Range(0, count).Select(i => (i * 0.11f) + (random.NextSingle() * 0.05f)).ToArray();
        random.Shuffle(logits);
        return logits;
    }
}
