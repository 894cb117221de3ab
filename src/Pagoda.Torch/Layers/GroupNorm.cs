namespace Pagoda.Torch.Layers;

/// <summary>Normalises groups of channels over their pixels to mean 0 and variance 1, then scales and shifts each channel.</summary>
/// <param name="weights">The subtree with <c>weight</c> and <c>bias</c>, both <c>[channels]</c>.</param>
/// <param name="groups">How many groups.</param>
/// <param name="channels">How many channels.</param>
/// <param name="epsilon">Added to the variance.</param>
public sealed class GroupNorm(Weights weights, long groups, long channels, double epsilon = 1e-5)
{
    private readonly Tensor _weight = weights.Parameter("weight", [channels], Initializer.Ones);
    private readonly Tensor _bias = weights.Parameter("bias", [channels], Initializer.Zeros);

    /// <summary>
    /// <c>[N, channels, H, W]</c> to the same shape. Runs in the type of its weights: libtorch 1.13's kernel refuses
    /// bfloat16 input with float32 weights.
    /// </summary>
    public Tensor Forward(Tensor x) =>
        (x.Type == _weight.Type ? x : x.To(_weight.Type)).GroupNorm(groups, _weight, _bias, epsilon);
}
