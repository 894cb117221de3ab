using FsCheck;
using FsCheck.Fluent;
using Pagoda.Generation.ClipGen;
using Pagoda.Torch;

namespace Pagoda.Tests.Torch;

public sealed class TokenChoiceTests
{
    private const int Rows = 16;

    [Theory]
    [InlineData(1.0, 500, 0.95)]
    [InlineData(0.8, 0, 0.9)]
    [InlineData(1.3, 7, 1.0)]
    [InlineData(2.0, 0, 1.0)]
    [InlineData(0.0, 500, 0.95)]
    [InlineData(1.0, 1, 0.5)]
    public void Choose_SameNumbers_GivesWhatTheOperatorsGive(double temperature, int topK, double topP)
    {
        var options = new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP };
        for (ulong seed = 0; seed < 20; seed++)
        {
            using var scope = new TensorScope();
            using var generator = new Generator(seed);
            var logits = Ops.Randn([Rows, 2048], generator, ScalarType.Float32) * 3;
            var uniforms = Ops.Rand([Rows], generator, ScalarType.Float64).ToArray<double>();

            var (tokens, likelihoods) = TokenChoice.Choose(logits, temperature, topK, topP, uniforms);

            var expected = TokenSampler.ChooseByOperators(logits, options, uniforms);
            Assert.Equal(expected.Tokens, tokens);
            Assert.All(likelihoods.Zip(expected.LogLikelihoods), pair => Assert.Equal(pair.Second, pair.First, 4));
        }
    }

    [Fact]
    public void Choose_EqualLogits_KeepsTheOrderOfTheOperators() =>
        Prop.ForAll(Gen.Choose(0, 3).Select(i => (float)i).ArrayOf(12).Zip(Gen.Choose(0, 999).Select(i => i / 1000.0)).ToArbitrary(), given =>
        {
            using var scope = new TensorScope();
            var logits = Tensor.From(given.Item1, 1, 12);
            var options = new SamplingOptions { TopK = 6, TopP = 0.7 };
            return TokenChoice.Choose(logits, 1, 6, 0.7, [given.Item2]).Tokens[0] == TokenSampler.ChooseByOperators(logits, options, [given.Item2]).Tokens[0];
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Choose_NoNumbers_SaysSo()
    {
        using var scope = new TensorScope();
        var problem = Assert.Throws<TorchException>(() => TokenChoice.Choose(Tensor.From([1f, float.NaN], 1, 2), 1, 0, 1, [0.5]));

        Assert.Contains("not numbers", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_OtherLogits_AreRefused()
    {
        using var scope = new TensorScope();
        Assert.Throws<ArgumentException>(() => TokenChoice.Choose(Tensor.From([1f, 2], 1, 2), 1, 0, 1, [0.5, 0.5]));
        Assert.Throws<ArgumentException>(() => TokenChoice.Choose(Tensor.From([1.0, 2], 1, 2), 1, 0, 1, [0.5]));
    }
}
