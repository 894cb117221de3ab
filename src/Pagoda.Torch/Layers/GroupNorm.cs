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
    /// <param name="x">The maps.</param>
    public Tensor Forward(Tensor x)
    {
        x = InOwnType(x);
        return Fused(x, silu: false) ?? x.GroupNorm(groups, _weight, _bias, epsilon);
    }

    /// <summary>silu(<see cref="Forward"/>), in one pass on the processor.</summary>
    /// <param name="x">The maps, <c>[N, channels, H, W]</c>.</param>
    public Tensor ForwardSilu(Tensor x)
    {
        x = InOwnType(x);
        if (Fused(x, silu: true) is { } done)
        {
            return done;
        }

        var normal = x.GroupNorm(groups, _weight, _bias, epsilon);
        // Where no gradient needs the normalised map, its memory is used again.
        return GradMode.IsEnabled ? normal.Silu() : normal.Silu_();
    }

    private Tensor InOwnType(Tensor x) => x.Type == _weight.Type ? x : x.To(_weight.Type);

    private unsafe Tensor? Fused(Tensor x, bool silu)
    {
        nint result;
        var done = Native.Checked(Native.NormSilu(x.Handle, _weight.Handle, _bias.Handle, groups, epsilon, silu ? 1 : 0, &result));
        GC.KeepAlive(x);
        GC.KeepAlive(this);
        return done == 0 ? null : new Tensor(result);
    }
}
