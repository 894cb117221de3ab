using Pagoda.Generation;
using Pagoda.Generation.ClipGen;
using Pagoda.Models.Gpt;
using Pagoda.Tests.Models.Gpt;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation.ClipGen;

public sealed class TokenSamplerTests
{
    private static readonly GptModel s_model = TinyGpt.Model();

    [Fact]
    public void Run_SequenceOfABatch_IsTheSameAlone()
    {
        using var scope = new TensorScope();
        var condition = TinyGpt.Condition(5);
        var options = new SamplingOptions { Seed = 11, TopK = 7, TopP = 0.9, Temperature = 1.3 };
        var together = Sample(condition, options).Select(row => string.Join(',', row)).ToList();

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(together[i], string.Join(',', Sample(condition.Narrow(0, i, 1), options with { First = i })[0]));
        }

        Assert.Equal(together, Sample(condition, options).Select(row => string.Join(',', row)));
        Assert.NotEqual(together, Sample(condition, options with { Seed = 12 }).Select(row => string.Join(',', row)));
    }

    [Fact]
    public void Run_DrawnTokens_HaveTheModelsProbabilities()
    {
        using var scope = new TensorScope();
        const int Draws = 20_000;
        var condition = TinyGpt.Condition(1).Expand([Draws, 6]).Contiguous();
        var drawn = Sample(condition, new SamplingOptions { Seed = 2, TopK = 0, TopP = 1, Temperature = 2 }, 1).GroupBy(row => row[0]).ToDictionary(group => group.Key, group => group.Count());
        var probabilities = (s_model.Forward(TinyGpt.Tokens(1, 1), TinyGpt.Condition(1)) / 2).Softmax(-1).ToArray<float>();

        // Six standard deviations of a binomial count.
        Assert.All(probabilities.Index(), token => Assert.InRange(
            Math.Abs(drawn.GetValueOrDefault(token.Index) - (Draws * token.Item)), 0, 6 * Math.Sqrt(Draws * token.Item * (1 - token.Item)) + 1));
    }

    [Fact]
    public void Run_FilteredTokens_AreNeverDrawn()
    {
        using var scope = new TensorScope();
        var condition = TinyGpt.Condition(1).Expand([500, 6]).Contiguous();
        var allowed = s_model.Forward(TinyGpt.Tokens(1, 1), TinyGpt.Condition(1)).Select(1, 0).Topk(3).Item2.ToArray<long>();

        var drawn = Sample(condition, new SamplingOptions { Seed = 2, TopK = 3, TopP = 1, Temperature = 5 }, 1).Select(row => row[0]).ToHashSet();

        Assert.Equal(allowed.Order(), drawn.Order());
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.0)]
    [InlineData(3.5)]
    public void Run_Guided_FollowsTheMixedLogits(double guidance)
    {
        using var scope = new TensorScope();
        var condition = TinyGpt.Condition(2);
        using var sampler = new TokenSampler(s_model, condition, new SamplingOptions { Temperature = 0, Guidance = guidance });
        var steps = sampler.Run().ToList();
        Assert.Equal(Enumerable.Range(1, 9), steps);

        var tokens = sampler.Tokens;
        var (with, without) = (s_model.Forward(tokens, condition), s_model.Forward(tokens, Ops.ZerosLike(condition)));
        var mixed = without + ((with - without) * guidance);
        Assert.Equal(tokens.ToArray<long>(), mixed.Argmax(-1).ToArray<long>());
        var likelihoods = mixed.LogSoftmax(-1).Gather(2, tokens.Unsqueeze(2)).Sum([1, 2]).ToArray<float>();
        Assert.Equal(likelihoods[0], sampler.LogLikelihoods[0], 3);
        Assert.Equal(likelihoods[1], sampler.LogLikelihoods[1], 3);
    }

    [Fact]
    public void Run_OwnKernelsOrLibtorchs_DrawTheSame()
    {
        using var scope = new TensorScope();
        List<string> Draw(bool own)
        {
            using var sampler = new TokenSampler(s_model, TinyGpt.Condition(3), new SamplingOptions { Seed = 5 }, tokens: null, own);
            sampler.Run().Count();
            return [.. sampler.Rows.Select(row => string.Join(',', row))];
        }

        Assert.Equal(Draw(own: true), Draw(own: false));
    }

    [Fact]
    public void Run_Cancelled_KeepsWhatIsDrawn()
    {
        using var scope = new TensorScope();
        using var cancel = new CancellationTokenSource();
        using var sampler = new TokenSampler(s_model, TinyGpt.Condition(1), new SamplingOptions { Seed = 4 });
        foreach (var length in sampler.Run(cancel.Token))
        {
            if (length == 4)
            {
                cancel.Cancel();
            }
        }

        Assert.Equal(4, sampler.Length);
        Assert.Equal([1L, 4], sampler.Tokens.Shape.ToArray());
        // What was drawn can be continued.
        Assert.Equal([5, 6, 7, 8, 9], sampler.Run());
    }

    [Fact]
    public void Step_LeavesNoTensor()
    {
        using var scope = new TensorScope();
        using var sampler = new TokenSampler(s_model, TinyGpt.Condition(2), new SamplingOptions { Guidance = 2 });
        sampler.Step();
        var live = LibTorch.LiveTensors;
        sampler.Step();

        Assert.True(LibTorch.LiveTensors <= live);
    }

    [Fact]
    public void New_WhatCannotBe_IsSaidInOneSentence()
    {
        using var scope = new TensorScope();
        static string Problem(SamplingOptions options, GptModel? model = null, int? tokens = null) =>
            Assert.Throws<GenerationException>(() => new TokenSampler(model ?? s_model, TinyGpt.Condition(1), options, tokens)).Message;

        Assert.Contains("temperature of -1", Problem(new SamplingOptions { Temperature = -1 }), StringComparison.Ordinal);
        Assert.Contains("top-p of 0", Problem(new SamplingOptions { TopP = 0 }), StringComparison.Ordinal);
        Assert.Contains("top-k of -2", Problem(new SamplingOptions { TopK = -2 }), StringComparison.Ordinal);
        Assert.Contains("10 tokens", Problem(new SamplingOptions(), tokens: 10), StringComparison.Ordinal);
        Assert.Contains("dropped conditions", Problem(new SamplingOptions { Guidance = 2 }, TinyGpt.Model(1, TinyGpt.Config with { ConditionDropout = 0 })), StringComparison.Ordinal);
    }

    [Fact]
    public void Search_AllSequencesKept_FindsTheMostLikely()
    {
        using var scope = new TensorScope();
        const int Vocabulary = 11, Length = 3;
        var condition = TinyGpt.Condition(1);
        long[] all = [.. Enumerable.Range(0, Vocabulary * Vocabulary * Vocabulary).SelectMany(i => new long[] { i / 121, i / 11 % 11, i % 11 })];
        var tokens = Tensor.From(all, all.Length / Length, Length);
        var logs = s_model.Forward(tokens, condition.Expand([tokens.Size(0), 6])).LogSoftmax(-1).Gather(2, tokens.Unsqueeze(2)).Sum([1, 2]);
        var (best, places) = logs.Topk(5);

        var beams = BeamSearch.Search(s_model, condition, Vocabulary * Vocabulary, Length);

        Assert.Equal(Vocabulary * Vocabulary, beams.Count);
        Assert.Equal(best.ToArray<float>(), beams.Take(5).Select(beam => (float)beam.LogLikelihood), new Near(1e-4f));
        Assert.Equal(tokens.IndexSelect(0, places).ToArray<long>(), beams.Take(5).SelectMany(beam => beam.Tokens));
    }

    [Fact]
    public void Search_OneBeam_IsGreedy()
    {
        using var scope = new TensorScope();
        var condition = TinyGpt.Condition(1);
        Assert.Equal(Sample(condition, new SamplingOptions { Temperature = 0, Guidance = 2 })[0], BeamSearch.Search(s_model, condition, 1, guidance: 2)[0].Tokens);
    }

    private static IReadOnlyList<IReadOnlyList<long>> Sample(Tensor condition, SamplingOptions options, int? tokens = null)
    {
        using var sampler = new TokenSampler(s_model, condition, options, tokens);
        sampler.Run().Count();
        return [.. sampler.Rows.Select(row => (IReadOnlyList<long>)[.. row])];
    }

    private sealed class Near(float tolerance) : IEqualityComparer<float>
    {
        public bool Equals(float x, float y) => Math.Abs(x - y) <= tolerance;

        public int GetHashCode(float value) => 0;
    }
}
