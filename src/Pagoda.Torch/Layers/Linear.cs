namespace Pagoda.Torch.Layers;

/// <summary>y = x Wᵀ + b.</summary>
/// <param name="weights">The subtree with <c>weight</c> <c>[outputs, inputs]</c> and, with a bias, <c>bias</c> <c>[outputs]</c>.</param>
/// <param name="inputs">Size of the last dimension in.</param>
/// <param name="outputs">Size of the last dimension out.</param>
/// <param name="bias">Whether b is there.</param>
/// <param name="initializer">How a new weight is drawn; <see cref="Initializer.FanIn"/> unless given.</param>
public sealed class Linear(Weights weights, long inputs, long outputs, bool bias = true, Initializer? initializer = null)
{
    /// <summary>W, <c>[outputs, inputs]</c>.</summary>
    public Tensor Weight { get; } = weights.Parameter("weight", [outputs, inputs], initializer ?? Initializer.FanIn);

    /// <summary>b, <c>[outputs]</c>, or null.</summary>
    public Tensor? Bias { get; } = bias ? weights.Parameter("bias", [outputs], Initializer.Zeros) : null;

    /// <summary><c>[…, inputs]</c> to <c>[…, outputs]</c>.</summary>
    public Tensor Forward(Tensor x) => x.Linear(Weight, Bias);
}
