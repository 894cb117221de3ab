namespace Pagoda.Torch;

/// <summary>The weights of a pre-norm transformer block, by their names in openai/CLIP (clip/model.py, ResidualAttentionBlock).</summary>
/// <param name="Norm1">ln_1.weight, <c>[width]</c>.</param>
/// <param name="Norm1Bias">ln_1.bias, <c>[width]</c>.</param>
/// <param name="In">attn.in_proj_weight, <c>[3·width, width]</c>.</param>
/// <param name="InBias">attn.in_proj_bias, <c>[3·width]</c>.</param>
/// <param name="Out">attn.out_proj.weight, <c>[width, width]</c>.</param>
/// <param name="OutBias">attn.out_proj.bias, <c>[width]</c>.</param>
/// <param name="Norm2">ln_2.weight, <c>[width]</c>.</param>
/// <param name="Norm2Bias">ln_2.bias, <c>[width]</c>.</param>
/// <param name="Widen">mlp.c_fc.weight, <c>[hidden, width]</c>.</param>
/// <param name="WidenBias">mlp.c_fc.bias, <c>[hidden]</c>.</param>
/// <param name="Narrow">mlp.c_proj.weight, <c>[width, hidden]</c>.</param>
/// <param name="NarrowBias">mlp.c_proj.bias, <c>[width]</c>.</param>
public sealed record BlockWeights(
    Tensor Norm1, Tensor Norm1Bias, Tensor In, Tensor InBias, Tensor Out, Tensor OutBias,
    Tensor Norm2, Tensor Norm2Bias, Tensor Widen, Tensor WidenBias, Tensor Narrow, Tensor NarrowBias)
{
    internal Tensor[] All { get; } = [Norm1, Norm1Bias, In, InBias, Out, OutBias, Norm2, Norm2Bias, Widen, WidenBias, Narrow, NarrowBias];
}

/// <summary>The weights of a ConvNeXt block behind its convolution (huggingface/pytorch-image-models: timm/models/convnext.py, ConvNeXtBlock).</summary>
/// <param name="Norm">norm.weight, <c>[width]</c>.</param>
/// <param name="NormBias">norm.bias, <c>[width]</c>.</param>
/// <param name="Widen">mlp.fc1.weight, <c>[hidden, width]</c>.</param>
/// <param name="WidenBias">mlp.fc1.bias, <c>[hidden]</c>.</param>
/// <param name="Narrow">mlp.fc2.weight, <c>[width, hidden]</c>.</param>
/// <param name="NarrowBias">mlp.fc2.bias, <c>[width]</c>.</param>
/// <param name="Scale">gamma, <c>[width]</c>.</param>
public sealed record MlpWeights(Tensor Norm, Tensor NormBias, Tensor Widen, Tensor WidenBias, Tensor Narrow, Tensor NarrowBias, Tensor Scale)
{
    internal Tensor[] All { get; } = [Norm, NormBias, Widen, WidenBias, Narrow, NarrowBias, Scale];
}

/// <summary>
/// Blocks on the processor in one operator: kernels of Pagoda's own that finish each product (bias, GELU, residual) while its
/// numbers are in registers, and that compute no gradient that nobody wants. Painting, measuring and training consist of such blocks.
/// </summary>
public static class FusedBlock
{
    /// <summary>x + attention(norm1(x)), and to that mlp(norm2(…)); null where libtorch has to do it: autocast, other types or devices, widths that vectors do not divide.</summary>
    /// <param name="x"><c>[N, L, width]</c>.</param>
    /// <param name="weights">The block's.</param>
    /// <param name="heads">Attention heads.</param>
    /// <param name="quickGelu">x·σ(1.702x) in place of the exact GELU.</param>
    /// <param name="mask">Added to the scores before the softmax, <c>[L, L]</c>, or null.</param>
    /// <param name="places">The place in each sequence whose state is wanted, <c>[N]</c> of int64; null for all.</param>
    /// <param name="epsilon">Added to the variances.</param>
    /// <returns><c>[N, L, width]</c>, or <c>[N, 1, width]</c> for the given places.</returns>
    public static unsafe Tensor? Forward(Tensor x, BlockWeights weights, int heads, bool quickGelu, Tensor? mask = null, Tensor? places = null, double epsilon = 1e-5)
    {
        var handles = stackalloc nint[weights.All.Length];
        Fill(handles, weights.All);
        nint result;
        var done = Native.Checked(Native.Block(x.Handle, handles, mask?.Handle ?? 0, places?.Handle ?? 0, heads, quickGelu ? 1 : 0, epsilon, &result));
        GC.KeepAlive(x);
        GC.KeepAlive(weights);
        GC.KeepAlive(mask);
        GC.KeepAlive(places);
        return done == 0 ? null : new Tensor(result);
    }

    /// <summary>rest + scale · mlp(norm(x)) over the last dimension; null where libtorch has to do it, as it has with weights that require gradients.</summary>
    /// <param name="x"><c>[…, width]</c>.</param>
    /// <param name="rest">The same shape: what the result is added to.</param>
    /// <param name="weights">The block's.</param>
    /// <param name="epsilon">Added to the variances.</param>
    /// <returns>The same shape, dense. Its gradient has no gradient itself.</returns>
    public static unsafe Tensor? Mlp(Tensor x, Tensor rest, MlpWeights weights, double epsilon)
    {
        var handles = stackalloc nint[weights.All.Length];
        Fill(handles, weights.All);
        nint result;
        var done = Native.Checked(Native.Mlp(x.Handle, rest.Handle, handles, epsilon, &result));
        GC.KeepAlive(x);
        GC.KeepAlive(rest);
        GC.KeepAlive(weights);
        return done == 0 ? null : new Tensor(result);
    }

    private static unsafe void Fill(nint* handles, Tensor[] weights)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            handles[i] = weights[i].Handle;
        }
    }
}
