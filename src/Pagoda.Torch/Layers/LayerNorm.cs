namespace Pagoda.Torch.Layers;

/// <summary>Normalises the last dimension to mean 0 and variance 1, then scales and shifts. Runs in float32 under autocast.</summary>
/// <param name="weights">The subtree with <c>weight</c> and <c>bias</c>, both <c>[width]</c>.</param>
/// <param name="width">Size of the last dimension.</param>
/// <param name="epsilon">Added to the variance.</param>
public sealed class LayerNorm(Weights weights, long width, double epsilon = 1e-5)
{
    /// <summary>The factors, <c>[width]</c>.</summary>
    public Tensor Weight { get; } = weights.Parameter("weight", [width], Initializer.Ones);

    /// <summary>What is added, <c>[width]</c>.</summary>
    public Tensor Bias { get; } = weights.Parameter("bias", [width], Initializer.Zeros);

    /// <summary><c>[…, width]</c> to the same shape.</summary>
    public Tensor Forward(Tensor x) =>
        (x.Type == Weight.Type ? x : x.To(Weight.Type)).LayerNorm([width], Weight, Bias, epsilon);
}
