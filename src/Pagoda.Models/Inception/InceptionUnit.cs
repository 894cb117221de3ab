using Pagoda.Torch;

namespace Pagoda.Models.Inception;

/// <summary>
/// A convolution without bias, batch normalisation with its kept statistics (epsilon 0.001) and a ReLU: what all of Inception-v3 is made of.
/// The normalisation is a factor and a shift of each channel, and is multiplied into the convolution when that is first used, which then has
/// its weights as NHWC (docs/performance.md).
/// </summary>
internal sealed class InceptionUnit : IDisposable
{
    private const double Epsilon = 0.001;
    private readonly Tensor _weight;
    private readonly Tensor _scale;
    private readonly Tensor _shift;
    private readonly Tensor _mean;
    private readonly Tensor _variance;
    private readonly long _stride;
    private readonly long[] _padding;
    private (Tensor Weight, Tensor Bias)? _folded;

    /// <param name="weights">The subtree with <c>conv.weight</c> and <c>bn</c>.</param>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out of the published network; those of the weights where there are some.</param>
    /// <param name="height">Of the kernel.</param>
    /// <param name="width">Of the kernel.</param>
    /// <param name="stride">Step in pixels.</param>
    /// <param name="padded">Whether zeros around keep the size (at a step of 1).</param>
    public InceptionUnit(Weights weights, long inputs, long outputs, long height, long width, long stride = 1, bool padded = true)
    {
        Outputs = weights["conv"].ShapeOf("weight") is [var stored, ..] ? stored : outputs;
        _weight = weights["conv"].Parameter("weight", [Outputs, inputs, height, width], Initializer.FanIn);
        var norm = weights["bn"];
        _scale = norm.Parameter("weight", [Outputs], Initializer.Ones);
        _shift = norm.Parameter("bias", [Outputs], Initializer.Zeros);
        _mean = norm.Buffer("running_mean", [Outputs], Initializer.Zeros);
        _variance = norm.Buffer("running_var", [Outputs], Initializer.Ones);
        if (norm.ShapeOf("num_batches_tracked") is { } shape)
        {
            norm.Buffer("num_batches_tracked", shape, Initializer.Zeros);
        }

        _stride = stride;
        _padding = padded ? [height / 2, width / 2] : [0, 0];
    }

    /// <summary>Channels out.</summary>
    public long Outputs { get; }

    /// <summary><c>[N, inputs, H, W]</c> to <c>[N, Outputs, H', W']</c>.</summary>
    public Tensor Forward(Tensor x)
    {
        var (weight, bias) = _folded ??= Fold();
        return x.Conv2d(weight, bias, [_stride, _stride], _padding, [1, 1], 1).Relu_();
    }

    public void Dispose()
    {
        if (_folded is { } folded)
        {
            folded.Weight.Dispose();
            folded.Bias.Dispose();
            _folded = null;
        }
    }

    private (Tensor Weight, Tensor Bias) Fold()
    {
        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        var factor = _scale.To(ScalarType.Float64) / (_variance.To(ScalarType.Float64) + Epsilon).Sqrt();
        var weight = (_weight.To(ScalarType.Float64) * factor.View([-1, 1, 1, 1])).To(_weight.Type).Contiguous(MemoryFormat.ChannelsLast);
        var bias = (_shift.To(ScalarType.Float64) - (_mean.To(ScalarType.Float64) * factor)).To(_weight.Type);
        return (TensorScope.Release(weight), TensorScope.Release(bias));
    }
}
