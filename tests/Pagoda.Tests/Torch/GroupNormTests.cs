using FsCheck;
using FsCheck.Fluent;
using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Tests.Torch;

/// <summary>Group normalisation with SiLU in one pass, held against libtorch's operators.</summary>
public sealed class GroupNormTests
{
    private const double Epsilon = 1e-5;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Forward_AnySizes_IsLibtorchsWithAllGradients(int vectors) => Vectors.With(vectors, () =>
        Prop.ForAll(Sizes().ToArbitrary(), size =>
        {
            using var scope = new TensorScope();
            using var generator = new Generator((ulong)size.Seed);
            var (norm, weight, bias) = Norm(size.Groups, size.Groups * size.Channels, generator);
            var x = ((Ops.Randn([size.Batch, size.Groups * size.Channels, size.Side, size.Side], generator) * 3) + (size.Seed % 7)).WithGrad();
            var towards = Ops.Randn(x.Shape, generator);
            var silu = size.Seed % 2 == 0;

            var y = silu ? norm.ForwardSilu(x) : norm.Forward(x);
            var expected = Plain(x, size.Groups, weight, bias, silu);
            Tensor[] of = [x, weight, bias];
            var gradients = Autograd.Grad((y * towards).Sum(), of);
            var expectedGradients = Autograd.Grad((expected * towards).Sum(), of);

            return Near(y, expected) && gradients.Zip(expectedGradients).All(pair => Near(pair.First, pair.Second));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40)));

    [Fact]
    public void Forward_LargeMapFarFromZero_IsExact()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var (norm, weight, bias) = Norm(2, 4, generator);
        var x = Ops.Randn([1, 4, 512, 512], generator) + 100;

        var expected = Plain(x.To(ScalarType.Float64), 2, weight.To(ScalarType.Float64), bias.To(ScalarType.Float64), silu: true).To(ScalarType.Float32);

        Assert.True((norm.ForwardSilu(x) - expected).Abs().Max().ToDouble() < 1e-4);
    }

    [Fact]
    public void Forward_ExtremeNumbers_AreFinite()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var (norm, weight, _) = Norm(1, 2, generator);
        using (GradMode.Disable())
        {
            weight.Copy_(Ops.Full([2], 1e6));
        }

        var x = (Ops.Randn([1, 2, 16, 16], generator) * 1e6).WithGrad();
        var y = norm.ForwardSilu(x);

        Assert.True(y.Abs().Max().ToDouble() < double.PositiveInfinity);
        Assert.True(Autograd.Grad(y.Sum(), x).Abs().Max().ToDouble() < double.PositiveInfinity);
    }

    [Fact]
    public void Gradient_OfTheGradient_IsLibtorchs()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var (norm, weight, bias) = Norm(2, 6, generator);
        var x = Ops.Randn([2, 6, 8, 8], generator).WithGrad();
        var towards = Ops.Randn(x.Shape, generator);
        Tensor[] Second(Tensor y)
        {
            var first = Autograd.Grad((y * towards).Sum(), [x], createGraph: true)[0];
            return Autograd.Grad((first * first).Sum(), [x, weight]);
        }

        var found = Second(norm.ForwardSilu(x));
        var expected = Second(Plain(x, 2, weight, bias, silu: true));

        Assert.True(Near(found[0], expected[0]) && Near(found[1], expected[1]));
    }

    [Fact]
    public void Forward_MapsThatVectorsDoNotDivide_AreLibtorchs()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var (norm, weight, bias) = Norm(2, 4, generator);
        var x = Ops.Randn([2, 4, 3, 3], generator).WithGrad();
        var y = norm.ForwardSilu(x);
        var expected = Plain(x, 2, weight, bias, silu: true);

        Assert.True(Near(y, expected) && Near(Autograd.Grad(y.Sum(), x), Autograd.Grad(expected.Sum(), x)));
        using var inference = GradMode.Disable();
        Assert.True(Near(norm.ForwardSilu(x), expected));
    }

    private static (GroupNorm Norm, Tensor Weight, Tensor Bias) Norm(int groups, int channels, Generator generator)
    {
        var weights = Weights.Initialize(0, Device.Cpu);
        var norm = new GroupNorm(weights, groups, channels, Epsilon);
        foreach (var weight in weights.StateDict.Values)
        {
            weight.Copy_(Ops.Randn(weight.Shape, generator));
        }

        weights.SetTrainable("", true);
        return (norm, weights.StateDict["weight"], weights.StateDict["bias"]);
    }

    private static Tensor Plain(Tensor x, int groups, Tensor weight, Tensor bias, bool silu)
    {
        var normal = x.GroupNorm(groups, weight, bias, Epsilon);
        return silu ? normal.Silu() : normal;
    }

    private static bool Near(Tensor actual, Tensor expected) =>
        (actual - expected).Abs().Max().ToDouble() <= 1e-5 * (1 + expected.Abs().Max().ToDouble());

    private static Gen<(int Batch, int Groups, int Channels, int Side, int Seed)> Sizes() =>
        from batch in Gen.Choose(1, 4)
        from groups in Gen.Choose(1, 5)
        from channels in Gen.Choose(1, 5)
        from side in Gen.Elements(4, 8, 12, 16, 20)
        from seed in Gen.Choose(0, 1000)
        select (batch, groups, channels, side, seed);
}
