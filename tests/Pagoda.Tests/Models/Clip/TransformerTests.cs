using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Clip;

/// <summary>What the towers leave out changes no number that leaves them, nor its gradient.</summary>
public sealed class TransformerTests
{
    private const int Width = 32;

    [Theory]
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    public void Forward_PickedStates_AreTheSameAsAmongAll(int layers, bool causal)
    {
        using var scope = new TensorScope();
        var transformer = new Transformer(Weights.Initialize(3, Device.Cpu), Width, layers, heads: 4, quickGelu: false);
        var mask = causal ? Ops.Full([6, 6], double.NegativeInfinity).Triu(1) : null;
        using var generator = new Generator(4);
        var x = Ops.Randn([2, 6, Width], generator).WithGrad();

        var all = transformer.Forward(x, mask).Narrow(1, 2, 1);
        var picked = transformer.Forward(x, mask, _ => Tensor.From(new long[] { 2, 2 }));

        Near(all, picked);
        Near(Autograd.Grad(all.Square().Sum(), x), Autograd.Grad(picked.Square().Sum(), x));
    }

    [Theory]
    [InlineData(32, 32)]
    [InlineData(35, 39)] // a convolution does not see the pixels beyond its last step
    public void VisionTransformer_Patches_AreTheConvolutions(int height, int width)
    {
        using var scope = new TensorScope();
        var config = new VisionConfig { Architecture = VisionArchitecture.ViT, ImageSize = 32, PatchSize = 8, Width = [Width], Layers = [1], HeadWidth = 8 };
        var weights = Weights.Initialize(5, Device.Cpu);
        IImageTower tower = new VisionTransformer(weights, config, embedDim: 16, quickGelu: false);
        using var generator = new Generator(6);
        var images = Ops.Randn([3, 3, height, width], generator).WithGrad();

        var features = tower.Forward(images);
        var expected = WithConvolution(weights, images);

        Near(expected, features);
        Near(Autograd.Grad(expected.Square().Sum(), images), Autograd.Grad(features.Square().Sum(), images));
    }

    [Fact]
    public void TextTower_PaddingAfterTheEnd_ChangesNothing()
    {
        using var scope = new TensorScope();
        var config = new TextConfig { ContextLength = 12, VocabularySize = 50, Width = Width, Heads = 4, Layers = 2 };
        var tower = new TextTower(Weights.Initialize(7, Device.Cpu), config, embedDim: 16, quickGelu: true);
        long[] early = [1, 4, 49], late = [1, 4, 9, 9, 2, 7, 49];
        Tensor Rows(int length, params long[][] texts) =>
            Tensor.From(texts.SelectMany(text => text.Concat(new long[length - text.Length])).ToArray(), texts.Length, length);

        var together = tower.Forward(Rows(12, early, late));

        Near(tower.Forward(Rows(3, early)), together.Narrow(0, 0, 1));
        Near(tower.Forward(Rows(7, late)), together.Narrow(0, 1, 1));
        Near(together, tower.Forward(Rows(9, early, late)));
        Assert.NotEqual(together.Select(0, 0).ToArray<float>(), together.Select(0, 1).ToArray<float>());
    }

    [Fact]
    public void TextTower_AFullRow_KeepsEveryToken()
    {
        using var scope = new TensorScope();
        var config = new TextConfig { ContextLength = 4, VocabularySize = 50, Width = Width, Heads = 4, Layers = 1 };
        var tower = new TextTower(Weights.Initialize(7, Device.Cpu), config, embedDim: 16, quickGelu: false);

        Assert.Equal([1, 16], tower.Forward(Tensor.From([1L, 2L, 3L, 49L], 1, 4)).Shape.ToArray());
    }

    /// <summary>The tower as the reference writes it: a convolution, and every state of every block.</summary>
    private static Tensor WithConvolution(Weights weights, Tensor images)
    {
        var state = weights.StateDict;
        var patches = images.Conv2d(state["conv1.weight"], null, stride: [8, 8]).Flatten(2).Transpose(1, 2);
        var x = Ops.Cat([state["class_embedding"].Expand([3, 1, Width]), patches], 1) + state["positional_embedding"];
        x = x.LayerNorm([Width], state["ln_pre.weight"], state["ln_pre.bias"]);
        x = new Transformer(weights["transformer"], Width, 1, heads: 4, quickGelu: false).Forward(x);
        return x.Select(1, 0).LayerNorm([Width], state["ln_post.weight"], state["ln_post.bias"]).Matmul(state["proj"]);
    }

    private static void Near(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.Shape.ToArray(), actual.Shape.ToArray());
        var scale = expected.Abs().Max().ToDouble();
        var difference = (expected - actual).Abs().Max().ToDouble();
        Assert.True(difference <= 2e-5 * (1 + scale), $"differ by {difference} where the largest is {scale}");
    }
}
