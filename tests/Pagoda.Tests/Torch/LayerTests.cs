using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Tests.Torch;

/// <summary>The numbers are torch.nn's of PyTorch 1.13: /usr/bin/python3 reference_numbers.py, beside this file.</summary>
public sealed class LayerTests
{
    private static readonly float[] Attended =
    [
        -0.00359636825f, 0.0685310587f, 0.114940763f, -0.00166125875f, -0.0041984925f, 0.0687940866f,
        0.115199029f, -0.00226191897f, -0.0041441666f, 0.0688049346f, 0.115130521f, -0.00218320917f,
    ];

    private static readonly float[] AttendedCausally =
    [
        -0.0117014842f, 0.0726464391f, 0.117665879f, -0.00933916401f, -0.00343804853f, 0.0654124767f,
        0.118859313f, -0.00366535876f, -0.0041441666f, 0.0688049346f, 0.115130521f, -0.00218320917f,
    ];

    [Fact]
    public void Linear_GivesPyTorchsNumbers() => Check(
        weights => new Linear(weights, 3, 2).Forward, [2, 3], [0.153489515f, -0.0667303652f, -0.150877476f, 0.235367164f]);

    [Fact]
    public void Conv2d_GivesPyTorchsNumbers() => Check(
        weights => new Conv2d(weights, 2, 2, kernel: 3, stride: 2, padding: 1, groups: 2).Forward,
        [1, 2, 4, 4],
        [-0.225283578f, 0.00296276715f, -0.258953959f, 0.296784818f, -0.129906252f, 0.25504297f, -0.0443419479f, 0.361745626f]);

    [Fact]
    public void LayerNorm_GivesPyTorchsNumbers() => Check(
        weights => new LayerNorm(weights, 4).Forward,
        [2, 4],
        [0f, 0.160481498f, 0.188599765f, 0.00258335774f, 0f, -0.000136934759f, 0.0989704728f, 0.0365583599f]);

    [Fact]
    public void GroupNorm_GivesPyTorchsNumbers() => Check(
        weights => new GroupNorm(weights, 2, 4).Forward,
        [1, 4, 1, 2],
        [0f, 0f, 0.174531713f, 0.0154040651f, 0.029335089f, -0.000147969229f, 0.0153598962f, 0.0365583599f]);

    [Fact]
    public void Embedding_GivesPyTorchsNumbers() => Check(
        weights => _ => new Embedding(weights, 4, 3).Forward(Tensor.From([2L, 0L])),
        [1],
        [-0.0279415492f, 0.0656986609f, 0.0989358276f, 0f, 0.0841470957f, 0.0909297392f]);

    [Fact]
    public void BatchNorm2d_GivesPyTorchsNumbers() => Check(
        weights =>
        {
            var layer = new BatchNorm2d(weights, 2);
            weights.StateDict["running_mean"].Copy_(Tensor.From([0.5f, -0.5f]));
            weights.StateDict["running_var"].Copy_(Tensor.From([2f, 0.25f]));
            return x => layer.Forward(x);
        },
        [1, 2, 1, 2],
        [0f, 0f, 0.321318924f, 0.19204171f]);

    [Fact]
    public void MultiHeadAttention_GivesPyTorchsNumbers() => Check(
        weights => Attention(weights), [1, 3, 4], Attended);

    [Fact]
    public void MultiHeadAttention_Causal_GivesPyTorchsNumbers() => Check(
        weights => x => new MultiHeadAttention(weights, 4, 2).Forward(x, Mask()), [1, 3, 4], AttendedCausally);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void MultiHeadAttention_OfSomeStates_GivesTheirRows(int row)
    {
        Check(
            weights => x => new MultiHeadAttention(weights, 4, 2).Forward(x.Narrow(1, row, 1), x, null),
            [1, 3, 4],
            Attended[(4 * row)..(4 * (row + 1))]);
        Check(
            weights => x => new MultiHeadAttention(weights, 4, 2).Forward(x.Narrow(1, row, 1), x, Mask().Narrow(0, row, 1)),
            [1, 3, 4],
            AttendedCausally[(4 * row)..(4 * (row + 1))]);
    }

    [Fact]
    public void MultiHeadAttention_HeadsThatDoNotDivide_SaysSo() =>
        Assert.Contains("3 heads do not divide a width of 4", Assert.Throws<ArgumentException>(() => new MultiHeadAttention(Weights.Outline(), 4, 3)).Message);

    private static Tensor Mask() => Ops.Full([3, 3], double.NegativeInfinity).Triu(1);

    private static Func<Tensor, Tensor> Attention(Weights weights)
    {
        var layer = new MultiHeadAttention(weights, 4, 2);
        return x => layer.Forward(x);
    }

    /// <summary>Builds the layer with every parameter a ramp of scale 0.1 and runs it on one of scale 1.</summary>
    private static void Check(Func<Weights, Func<Tensor, Tensor>> build, long[] shape, float[] expected)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var weights = Weights.Initialize(0, Device.Cpu);
        var layer = build(weights);
        var input = Numbers.Ramp(shape, 1);
        layer(input); // a layer that is built when it runs has its weights now
        foreach (var weight in weights.Parameters.Values)
        {
            weight.Copy_(Numbers.Ramp(weight.Shape, 0.1));
        }

        Numbers.Near(expected, layer(input));
        foreach (var weight in weights.StateDict.Values)
        {
            weight.Dispose();
        }
    }
}
