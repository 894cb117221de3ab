namespace Pagoda.Torch.Layers;

/// <summary>Two-dimensional convolution (cross-correlation).</summary>
/// <param name="weights">The subtree with <c>weight</c> <c>[outputs, inputs / groups, kernel, kernel]</c> and <c>bias</c> <c>[outputs]</c>.</param>
/// <param name="inputs">Channels in.</param>
/// <param name="outputs">Channels out.</param>
/// <param name="kernel">Side of the square kernel in pixels.</param>
/// <param name="stride">Step in pixels.</param>
/// <param name="padding">Zeros added on every side, in pixels.</param>
/// <param name="groups">Groups of channels that do not mix.</param>
/// <param name="bias">Whether a bias is added.</param>
/// <param name="initializer">How a new weight is drawn; <see cref="Initializer.FanIn"/> unless given.</param>
public sealed class Conv2d(
    Weights weights, long inputs, long outputs, long kernel, long stride = 1, long padding = 0, long groups = 1, bool bias = true, Initializer? initializer = null)
{
    private readonly Tensor _weight = weights.Parameter("weight", [outputs, inputs / groups, kernel, kernel], initializer ?? Initializer.FanIn);
    private readonly Tensor? _bias = bias ? weights.Parameter("bias", [outputs], Initializer.Zeros) : null;

    /// <summary><c>[N, inputs, H, W]</c> to <c>[N, outputs, H', W']</c>.</summary>
    public Tensor Forward(Tensor x) => x.Conv2d(_weight, _bias, [stride, stride], [padding, padding], [1, 1], groups);
}
