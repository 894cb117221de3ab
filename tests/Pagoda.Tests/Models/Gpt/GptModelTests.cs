using FsCheck;
using FsCheck.Fluent;
using Pagoda.Models.Gpt;
using Pagoda.Tests.Torch;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Gpt;

public sealed class GptModelTests
{
    /// <summary>The sizes of CLIP-GEN's transformers with a codebook of 16384 and 256 tokens, counted from its code.</summary>
    [Theory]
    [InlineData("medium", 336.7)]
    [InlineData("large", 751.3)]
    public void Parameters_OfClipGensSizes_AreThePublishedCounts(string size, double millions) =>
        Assert.Equal(millions, Math.Round(GptCapacity.Parameters(GptPresets.Get(size, 16384)) / 1e6, 1));

    [Fact]
    public void ParametersReadPerToken_LeavesTheTablesOut()
    {
        var config = TinyGpt.Config;

        // All but the tables' other rows and the projection of the condition, which is read once.
        var read = GptCapacity.Parameters(config) - (config.VocabularySize - 1) * 16 - (config.BlockSize - 1) * 16 - (6 * 16 + 16);

        Assert.Equal(read, GptCapacity.ParametersReadPerToken(config));
        Assert.Equal(2L * 2 * 16 * 9 * 4, GptCapacity.CacheBytes(config, ScalarType.Float32));
    }

    [Fact]
    public void Decays_OnlyMatricesOfLinearLayers()
    {
        var model = new GptModel(Weights.Outline(), TinyGpt.Config with { Layers = 1 });

        var decaying = model.Weights.Parameters.Keys.Where(GptModel.Decays).Order(StringComparer.Ordinal);

        Assert.Equal(
            [
                "blocks.0.encoder.linear1.weight", "blocks.0.encoder.linear2.weight", "blocks.0.encoder.self_attn.in_proj_weight",
                "blocks.0.encoder.self_attn.out_proj.weight", "cond_proj.weight", "head.weight",
            ],
            decaying);
        model.Free();
    }

    [Fact]
    public void Initialize_DrawsMatricesLikeMinGpt()
    {
        var model = new GptModel(Weights.Initialize(1, Device.Cpu), TinyGpt.Config with { Width = 128, VocabularySize = 500 });
        var weights = model.Weights.Parameters;

        Assert.Equal(0.02, weights["head.weight"].Std().ToDouble(), 3);
        Assert.Equal(0.02, weights["tok_emb.weight"].Std().ToDouble(), 3);
        Assert.Equal(0, weights["pos_emb"].Abs().Max().ToDouble());
        Assert.Equal(0, weights["blocks.1.encoder.self_attn.in_proj_bias"].Abs().Max().ToDouble());
        model.Free();
    }

    [Fact]
    public void Forward_PredictsEachTokenFromThoseBefore()
    {
        using var scope = new TensorScope();
        var model = TinyGpt.Model();
        var (tokens, condition) = (TinyGpt.Tokens(2, 9), TinyGpt.Condition(2));
        var logits = model.Forward(tokens, condition);
        Assert.Equal([2L, 9, 11], logits.Shape.ToArray());
        for (var changed = 0; changed < 9; changed++)
        {
            var others = tokens.Clone();
            others.Narrow(1, changed, 1).Copy_((tokens.Narrow(1, changed, 1) + 1).Remainder(11));
            var differences = (model.Forward(others, condition) - logits).Abs().Amax([0, 2]).ToArray<float>();

            Assert.All(differences.Take(changed + 1), difference => Assert.InRange(difference, 0, 1e-5));
            Assert.All(differences.Skip(changed + 1), difference => Assert.True(difference > 1e-4));
        }

        Assert.True(TinyGpt.Difference(model.Forward(tokens, condition * 2), logits) > 1e-3);
    }

    [Fact]
    public void Forward_Training_DropsWithTheDefaultGenerator()
    {
        using var scope = new TensorScope();
        var model = TinyGpt.Model();
        var (tokens, condition) = (TinyGpt.Tokens(2, 9), TinyGpt.Condition(2));
        Tensor Draw(ulong seed)
        {
            Generator.Seed(seed);
            return model.Forward(tokens, condition, training: true);
        }

        var (one, same, other) = (Draw(1), Draw(1), Draw(2));

        Assert.Equal(0, TinyGpt.Difference(one, same));
        Assert.True(TinyGpt.Difference(one, other) > 1e-2);
        Assert.True(TinyGpt.Difference(one, model.Forward(tokens, condition)) > 1e-2);
    }

    [Fact]
    public void Decoder_AnyStepsAndReordering_IsTheModelWithoutCache() =>
        Prop.ForAll(Gen.Choose(1, 10_000).ToArbitrary(), seed => Check(seed, TinyGpt.Model((ulong)seed), 1e-5)).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(1, 64, 4, true)]
    [InlineData(2, 64, 4, true)]
    [InlineData(2, 32, 4, false)]
    public void Decoder_ManySequencesOfPackedWeights_IsTheModelWithoutCache(int vectors, int width, int heads, bool bias)
    {
        // More positions, columns and rows than one vector, panel or tile has; heads of 8 numbers fit the narrower vectors alone.
        var config = TinyGpt.Config with { Width = width, Heads = heads, VocabularySize = 80, BlockSize = 20, HeadBias = bias };
        Vectors.With(vectors, () =>
        {
            using (var model = GptDecoder.Pack(TinyGpt.Model(1, config)))
            {
                Assert.Equal(System.Runtime.Intrinsics.X86.Avx2.IsSupported, model is not null);
            }

            Prop.ForAll(Gen.Choose(1, 10_000).ToArbitrary(), seed => Check(seed, TinyGpt.Model((ulong)seed, config), 1e-4, most: 75))
                .Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(20));
        });
    }

    [Fact]
    public void Pack_WhatTheKernelsDoNotTake_IsNull()
    {
        using var scope = new TensorScope();
        Assert.Null(GptDecoder.Pack(TinyGpt.Model()));
        var fitting = TinyGpt.Config with { VocabularySize = 16, Width = 16, Heads = 1 };
        Assert.Null(GptDecoder.Pack(new GptModel(Weights.Initialize(1, Device.Cpu, ScalarType.BFloat16), fitting)));
    }

    [Fact]
    public void Decoder_BFloat16Weights_IsTheModelWithThoseWeights()
    {
        using var scope = new TensorScope();
        var full = TinyGpt.Model();
        var half = new GptModel(Weights.Initialize(1, Device.Cpu, ScalarType.BFloat16), TinyGpt.Config);
        foreach (var (name, tensor) in full.Weights.Parameters)
        {
            half.Weights.Parameters[name].Copy_(tensor);
            tensor.Copy_(half.Weights.Parameters[name]);
        }

        using var decoder = new GptDecoder(half, 12);
        var (tokens, condition) = (TinyGpt.Tokens(12, 9), TinyGpt.Condition(12));
        decoder.Begin(condition.To(ScalarType.BFloat16));

        // The condition itself is projected in bfloat16; all that follows is float32.
        Assert.InRange(TinyGpt.Difference(decoder.Next(tokens.Select(1, 0)), full.Forward(tokens, condition).Select(1, 1)), 0, 0.1);
    }

    [Fact]
    public void Decoder_UnmaskedPositions_SeeEachOtherInTheFirstStep()
    {
        using var scope = new TensorScope();
        var config = TinyGpt.Config with { ConditionWidth = 0, Unmasked = 4, HeadBias = false };
        var (model, masked) = (TinyGpt.Model(2, config), TinyGpt.Model(2, config with { Unmasked = 0 }));
        var tokens = TinyGpt.Tokens(2, 4);
        using var decoder = new GptDecoder(model, 2);

        var logits = decoder.Next(tokens);

        Assert.InRange(TinyGpt.Difference(logits, model.Continue(tokens).Select(1, 3)), 0, 1e-5);
        Assert.True(TinyGpt.Difference(logits, masked.Continue(tokens).Select(1, 3)) > 1e-3);
    }

    [Fact]
    public void Continue_WhatDoesNotFit_IsSaidInOneSentence()
    {
        using var scope = new TensorScope();
        var model = TinyGpt.Model();
        using var decoder = new GptDecoder(model, 2);

        Assert.Contains("6 numbers", Assert.Throws<ArgumentException>(() => decoder.Begin(Ops.Ones([2, 5]))).Message, StringComparison.Ordinal);
        Assert.Contains("9 positions; 10", Assert.Throws<ArgumentException>(() => model.Continue(TinyGpt.Tokens(1, 10))).Message, StringComparison.Ordinal);
        Assert.Contains("3 rows were given for 2", Assert.Throws<ArgumentException>(() => decoder.Begin(TinyGpt.Condition(3))).Message, StringComparison.Ordinal);
        decoder.Begin(TinyGpt.Condition(2));
        Assert.Contains("have begun", Assert.Throws<ArgumentException>(() => decoder.Begin(TinyGpt.Condition(2))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3 heads do not divide a width of 16", 3, 0.0)]
    [InlineData("heads must be at least 1", 0, 0.0)]
    [InlineData("must lie in [0, 1)", 2, 1.0)]
    public void Check_ShapesThatNoNetworkHas_AreRefused(string sentence, int heads, double dropout) =>
        Assert.Contains(sentence, Assert.Throws<ArgumentException>(() => (TinyGpt.Config with { Heads = heads, Dropout = dropout }).Check()).Message, StringComparison.Ordinal);

    [Fact]
    public void Get_MisspeltSize_NamesTheNearest() =>
        Assert.Contains("did you mean medium?", Assert.Throws<ArgumentException>(() => GptPresets.Get("medum", 64)).Message, StringComparison.Ordinal);

    /// <summary>Random pieces, with sequences taken in another order in between, by both kinds of kernel.</summary>
    private static bool Check(int seed, GptModel model, double tolerance, int most = 12)
    {
        using var scope = new TensorScope();
        var random = new Random(seed);
        var rows = random.Next(1, most);
        var condition = TinyGpt.Condition(rows, (ulong)seed);
        using var own = new GptDecoder(model, rows, ownKernels: true);
        using var plain = new GptDecoder(model, rows, ownKernels: false);
        var tokens = Ops.Zeros([rows, 0], ScalarType.Int64);
        var (one, other) = (own.Begin(condition), plain.Begin(condition));
        while (true)
        {
            var logits = model.Continue(tokens, model.ProjectCondition(condition));
            var expected = logits.Select(1, logits.Size(1) - 1);
            if (TinyGpt.Difference(one, expected) > tolerance || TinyGpt.Difference(other, expected) > tolerance)
            {
                return false;
            }

            var more = random.Next(1, 4);
            if (1 + tokens.Size(1) + more > model.Config.BlockSize)
            {
                model.Free();
                return true;
            }

            if (random.Next(2) == 0)
            {
                var chosen = Tensor.From(Enumerable.Range(0, random.Next(1, most)).Select(_ => (long)random.Next(rows)).ToArray());
                own.Select(chosen);
                plain.Select(chosen);
                (condition, tokens, rows) = (condition.IndexSelect(0, chosen), tokens.IndexSelect(0, chosen), (int)chosen.Size(0));
            }

            var next = TinyGpt.Tokens(rows, more, (ulong)random.Next());
            tokens = Ops.Cat([tokens, next], 1);
            (one, other) = (own.Next(next), plain.Next(next));
        }
    }
}
