using FsCheck;
using FsCheck.Fluent;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Tests.Torch;

/// <summary>Blocks in one operator, held against libtorch's.</summary>
public sealed class FusedBlockTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Forward_AnySizes_IsLibtorchsWithItsGradient(int vectors) => Vectors.With(vectors, () =>
        Prop.ForAll(Sizes().ToArbitrary(), size =>
        {
            using var scope = new TensorScope();
            using var generator = new Generator((ulong)size.Seed);
            var (transformer, weights) = Transformer(size.Heads, size.Hidden, quickGelu: size.Seed % 3 == 0);
            var mask = size.Seed % 2 == 0 ? Ops.Full([size.Length, size.Length], double.NegativeInfinity).Triu(1) : null;
            var x = (Ops.Randn([size.Batch, size.Length, 16 * size.Heads], generator) * 2).WithGrad();
            var places = size.Seed % 5 < 2 ? Ops.Randint(0, size.Length, [size.Batch], generator) : null;
            var towards = Ops.Randn([size.Batch, places is null ? size.Length : 1, x.Size(2)], generator);

            Tensor[] Constant() => Run(transformer, x, mask, towards, places: places);
            var once = Constant();
            var again = Constant(); // by weights that were packed meanwhile
            weights.SetTrainable("", true);
            var all = Run(transformer, x, mask, towards, weights, places);
            Tensor[] expected = [];
            Vectors.With(0, () => expected = Run(transformer, x, mask, towards, weights, places));

            return expected.Length == all.Length && expected.Zip(all).All(pair => Near(pair.Second, pair.First))
                && once.Concat(again).Zip([.. expected[..2], .. expected[..2]]).All(pair => Near(pair.First, pair.Second));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40)));

    [Fact]
    public void Forward_ManyRowsAndWideProducts_IsLibtorchs()
    {
        // More rows, columns and terms than one part of a product has.
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var (transformer, weights) = Transformer(heads: 13, hidden: 3, quickGelu: false);
        var x = Ops.Randn([9, 140, 208], generator).WithGrad();
        var towards = Ops.Randn(x.Shape, generator);
        foreach (var vectors in new[] { 1, 2 })
        {
            Vectors.With(vectors, () =>
            {
                weights.SetTrainable("", true);
                var all = Run(transformer, x, null, towards, weights);
                Tensor[] expected = [];
                Vectors.With(0, () => expected = Run(transformer, x, null, towards, weights));
                Assert.All(expected.Zip(all), pair => Assert.True(Near(pair.Second, pair.First)));
            });
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ConvNeXt_ConstantWeights_IsLibtorchsWithItsGradient(int vectors) => Vectors.With(vectors, () =>
    {
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var weights = Weights.Initialize(0, Device.Cpu);
        var config = new VisionConfig { Architecture = VisionArchitecture.ConvNeXt, ImageSize = 96, Width = [16, 32, 48, 208], Layers = [2, 1, 2, 1] };
        var tower = new ConvNeXt(weights, config, embedDim: 24);
        foreach (var (name, weight) in weights.StateDict.Where(entry => !entry.Key.EndsWith("weight", StringComparison.Ordinal)))
        {
            weight.Copy_(Ops.Randn(weight.Shape, generator) * (name.EndsWith("gamma", StringComparison.Ordinal) ? 1 : 0.1));
        }

        var pictures = Ops.Rand([9, 3, 96, 96], generator).WithGrad(); // more places than one part has rows
        (Tensor, Tensor) Run()
        {
            var y = tower.Segments.Aggregate(pictures, (x, segment) => segment(x));
            return (y.Detach(), Autograd.Grad(y.Sin().Sum(), pictures));
        }

        weights.SetTrainable("", false);
        (Tensor, Tensor)[] found = [Run(), Run()];
        weights.SetTrainable("", true);
        var (expected, expectedGradient) = Run();

        Assert.All(found, pair => Assert.True(Near(pair.Item1, expected) && Near(pair.Item2, expectedGradient)));
        using var inference = new InferenceMode();
        weights.SetTrainable("", false);
        Assert.True(Near(tower.Segments.Aggregate(pictures.Detach(), (x, segment) => segment(x)), expected));
    });

    [Fact]
    public void PackedWeights_AreKeptWhileTheWeightsLiveAndStay()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers(); // weights of other tests
        var before = Native.PackedWeights();
        using (var scope = new TensorScope())
        {
            using var generator = new Generator(1);
            var (transformer, weights) = Transformer(heads: 6, hidden: 4, quickGelu: false);
            var x = Ops.Randn([3, 50, 96], generator).WithGrad();
            var towards = Ops.Randn(x.Shape, generator);

            Run(transformer, x, null, towards);
            Assert.Equal(before, Native.PackedWeights()); // once used, they may never be again
            Run(transformer, x, null, towards);
            Assert.Equal(2 * 2 * 12 * 96 * 96 * sizeof(float), Native.PackedWeights() - before); // two blocks, two directions
            var written = weights.StateDict["resblocks.0.mlp.c_fc.weight"];
            written.Copy_(written * 2);
            Tensor[] expected = [];
            Vectors.With(0, () => expected = Run(transformer, x, null, towards));
            for (var i = 0; i < 3; i++)
            {
                Assert.All(Run(transformer, x, null, towards).Zip(expected), pair => Assert.True(Near(pair.First, pair.Second)));
            }

            _ = transformer.Forward(x); // whose gradient still owns the weights
            foreach (var weight in weights.StateDict.Values)
            {
                weight.Dispose();
            }

            Assert.True(Native.PackedWeights() > before);
        }

        Assert.Equal(before, Native.PackedWeights());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PackedWeights_InTrainingOrWithoutRoom_AreNotKept(bool trained)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Native.PackedWeights();
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var (transformer, weights) = Transformer(heads: 6, hidden: 4, quickGelu: false);
        var x = Ops.Randn([3, 50, 96], generator).WithGrad();
        Native.KeepPackedWeights(trained ? Native.MostPackedWeights : before);
        try
        {
            Run(transformer, x, null, x.Detach());
            Run(transformer, x, null, x.Detach());
            Assert.Equal(trained, Native.PackedWeights() > before);
            weights.SetTrainable("", trained);
            var first = Run(transformer, x, null, x.Detach());
            Assert.All(Run(transformer, x, null, x.Detach()).Zip(first), pair => Assert.Equal(pair.Second.ToArray<float>(), pair.First.ToArray<float>()));
            Assert.Equal(before, Native.PackedWeights());
        }
        finally
        {
            Native.KeepPackedWeights(Native.MostPackedWeights);
        }
    }

    [Fact]
    public void Forward_ExtremeScores_AreFinite()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var (transformer, weights) = Transformer(heads: 2, hidden: 2, quickGelu: false);
        foreach (var weight in weights.StateDict.Values)
        {
            weight.Copy_(weight * 300);
        }

        var x = (Ops.Randn([2, 5, 32], generator) * 1e4).WithGrad();
        Assert.All(Run(transformer, x, null, Ops.Ones(x.Shape)), t => Assert.True(t.Abs().Max().ToDouble() < double.PositiveInfinity));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Forward_FarFromZero_ActivationsAreLibtorchs(bool quickGelu)
    {
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var (transformer, weights) = Transformer(heads: 2, hidden: 4, quickGelu);
        foreach (var (_, weight) in weights.StateDict.Where(entry => entry.Key.EndsWith("c_fc.bias", StringComparison.Ordinal)))
        {
            weight.Copy_(Ops.Randn(weight.Shape, generator) * 200);
        }

        var x = Ops.Randn([2, 5, 32], generator).WithGrad();
        var fused = Run(transformer, x, null, Ops.Ones(x.Shape));
        Tensor[] expected = [];
        Vectors.With(0, () => expected = Run(transformer, x, null, Ops.Ones(x.Shape)));

        Assert.True(Near(fused[0], expected[0]) && Near(fused[1], expected[1]));
    }

    [Fact]
    public void Forward_TwoThreads_SameBits()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var (transformer, weights) = Transformer(heads: 6, hidden: 4, quickGelu: false);
        var x = Ops.Randn([3, 50, 96], generator).WithGrad();
        var towards = Ops.Randn(x.Shape, generator);
        var threads = LibTorch.Threads;
        var both = Run(transformer, x, null, towards);
        LibTorch.Threads = 1;
        try
        {
            Assert.All(Run(transformer, x, null, towards).Zip(both), pair => Assert.Equal(pair.Second.ToArray<float>(), pair.First.ToArray<float>()));
        }
        finally
        {
            LibTorch.Threads = threads;
        }
    }

    [Theory]
    [InlineData(true, true, false)]
    [InlineData(false, false, true)]
    public void Gradient_OfTheGradient_IsLibtorchs(bool quickGelu, bool masked, bool placed)
    {
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var (transformer, weights) = Transformer(heads: 2, hidden: 2, quickGelu);
        weights.SetTrainable("", true);
        var mask = masked ? Ops.Full([5, 5], double.NegativeInfinity).Triu(1) : null;
        var x = Ops.Randn([2, 5, 32], generator).WithGrad();
        var places = placed ? Tensor.From(new long[] { 4, 1 }) : null;
        var towards = Ops.Randn([2, placed ? 1 : 5, 32], generator);
        Tensor[] Second()
        {
            var first = Autograd.Grad((transformer.Forward(x, mask, places is null ? null : _ => places) * towards).Sum(), [x], createGraph: true)[0];
            return Autograd.Grad((first * first).Sum(), [x, weights.StateDict["resblocks.0.mlp.c_fc.weight"]]);
        }

        var found = Second();
        Tensor[] expected = [];
        Vectors.With(0, () => expected = Second());

        Assert.All(expected.Zip(found), pair => Assert.True(Near(pair.Second, pair.First)));
    }

    [Fact]
    public void Forward_InputWrittenToBeforeTheGradient_IsRefused()
    {
        using var scope = new TensorScope();
        var (transformer, _) = Transformer(heads: 2, hidden: 2, quickGelu: false);
        var x = Ops.Ones([1, 3, 32]).WithGrad();
        var before = x * 2;
        var y = transformer.Forward(before);
        using (GradMode.Disable())
        {
            before.Copy_(before * 2);
        }

        Assert.Contains("inplace", Assert.Throws<TorchException>(() => Autograd.Grad(y.Sum(), x)).Message, StringComparison.Ordinal);
    }

    private static (Transformer Transformer, Weights Weights) Transformer(int heads, int hidden, bool quickGelu)
    {
        var weights = Weights.Initialize(0, Device.Cpu);
        var transformer = new Transformer(weights, 16 * heads, layers: 2, heads, quickGelu, hidden);
        using var generator = new Generator(2);
        foreach (var (name, weight) in weights.StateDict)
        {
            if (name.EndsWith("bias", StringComparison.Ordinal) || name.Contains("ln_", StringComparison.Ordinal))
            {
                weight.Copy_(Ops.Randn(weight.Shape, generator));
            }
        }

        weights.SetTrainable("", false);
        return (transformer, weights);
    }

    /// <summary>The output, the gradient of the input, and those of the weights if they are given.</summary>
    private static Tensor[] Run(Transformer transformer, Tensor x, Tensor? mask, Tensor towards, Weights? weights = null, Tensor? places = null)
    {
        var y = transformer.Forward(x, mask, places is null ? null : _ => places);
        return [y.Detach(), .. Autograd.Grad((y * towards).Sum(), [x, .. weights?.StateDict.Values ?? []])];
    }

    private static bool Near(Tensor actual, Tensor expected) =>
        (actual - expected).Abs().Max().ToDouble() < 1e-5 * Math.Max(1, expected.Abs().Max().ToDouble());

    private static Gen<(int Batch, int Length, int Heads, int Hidden, int Seed)> Sizes() =>
        from batch in Gen.Choose(1, 4)
        from length in Gen.Choose(1, 40)
        from heads in Gen.Choose(1, 5)
        from hidden in Gen.Choose(1, 4)
        from seed in Gen.Choose(1, 10_000)
        select (batch, length, heads, hidden, seed);
}
