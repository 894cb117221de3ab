using FsCheck;
using FsCheck.Fluent;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Vqgan;

public sealed class VectorQuantizerTests
{
    private static readonly VqganConfig Config = SmallVqgan.Config;

    [Fact]
    public void Nearest_OfTheCodesThemselves_AreTheirNumbers() => Prop.ForAll(
        Gen.Choose(0, Config.CodebookSize - 1).ArrayOf(12).ToArbitrary(),
        codes =>
        {
            using var scope = new TensorScope();
            var quantizer = new VectorQuantizer(Weights.Initialize(3, Device.Cpu), Config);
            var indices = Tensor.From(Array.ConvertAll(codes, code => (long)code), 1, 3, 4);
            return quantizer.Nearest(quantizer.Lookup(indices)).Equal(indices);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Codebook_NewTree_LiesWithinOneOverItsSize()
    {
        using var scope = new TensorScope();
        var codebook = new VectorQuantizer(Weights.Initialize(3, Device.Cpu), Config).Codebook;
        Assert.InRange(codebook.Abs().Max().ToDouble(), 0.9 / Config.CodebookSize, 1.0 / Config.CodebookSize);
    }

    [Fact]
    public void Quantize_LargeCodebook_InParts_IsTheSameAsAtOnce()
    {
        using var scope = new TensorScope();
        // 2^24 distances at a time are 64 rows of a codebook of 2^18.
        var config = Config with { CodebookSize = 1 << 18, CodebookWidth = 2 };
        var quantizer = new VectorQuantizer(Weights.Initialize(3, Device.Cpu), config);
        var indices = Tensor.From([.. Enumerable.Range(0, 100).Select(i => i * 2621L)], 1, 10, 10);
        var vectors = quantizer.Lookup(indices);
        var found = quantizer.Lookup(quantizer.Nearest(vectors));
        Assert.InRange((vectors - found).Abs().Max().ToDouble(), 0, 1e-8);
    }

    [Fact]
    public void Quantize_UnderAutocast_ChoosesTheSameCodes()
    {
        using var scope = new TensorScope();
        var quantizer = new VectorQuantizer(Weights.Initialize(3, Device.Cpu), Config);
        var z = Ops.Randn([2, Config.CodebookWidth, 8, 8]) * 0.02;
        var exact = quantizer.Quantize(z);
        using var narrow = new Autocast(Device.Cpu);
        var cast = quantizer.Quantize(z);
        Assert.True(exact.Indices.Equal(cast.Indices));
        Assert.Equal(exact.Loss.ToDouble(), cast.Loss.ToDouble());
    }

    [Fact]
    public void Gumbel_ChoosesTheLargestOutputOfItsConvolution()
    {
        using var scope = new TensorScope();
        var weights = Weights.Initialize(3, Device.Cpu);
        var quantizer = new VectorQuantizer(weights, Config with { Gumbel = true });
        var z = Ops.Randn([1, Config.CodebookWidth, 3, 3]);
        var expected = z.Conv2d(weights.Parameters["proj.weight"], weights.Parameters["proj.bias"], [1, 1], [0, 0], [1, 1], 1).Argmax(1);
        Assert.True(expected.Equal(quantizer.Nearest(z)));
    }

    [Fact]
    public void Usage_EvenCodes_HaveThePerplexityOfTheirNumber()
    {
        var usage = new CodebookUsage(8);
        usage.Add([1, 3, 5, 1, 3, 5]);
        Assert.Equal(3, usage.Used);
        Assert.Equal(6, usage.Total);
        Assert.Equal(3, usage.Perplexity, 9);
        Assert.Throws<ArgumentOutOfRangeException>(() => usage.Add([8]));
        Assert.Equal(0, new CodebookUsage(8).Perplexity);
    }
}
