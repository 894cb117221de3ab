namespace Pagoda.Torch.Layers;

/// <summary>
/// Self-attention with several heads, under the names of torch.nn.MultiheadAttention: <c>in_proj_weight</c>
/// <c>[3·width, width]</c>, <c>in_proj_bias</c>, <c>out_proj</c>.
/// </summary>
public sealed class MultiHeadAttention
{
    private readonly int _heads;
    private readonly long _width;

    /// <summary>Builds the layer.</summary>
    /// <param name="weights">Its subtree.</param>
    /// <param name="width">Size of the last dimension.</param>
    /// <param name="heads">Heads; must divide the width.</param>
    /// <param name="inInitializer">How the input projection is drawn.</param>
    /// <param name="outInitializer">How the output projection is drawn.</param>
    public MultiHeadAttention(Weights weights, long width, int heads, Initializer? inInitializer = null, Initializer? outInitializer = null)
    {
        if (heads <= 0 || width % heads != 0)
        {
            throw new ArgumentException($"{heads} heads do not divide a width of {width}.", nameof(heads));
        }

        InWeight = weights.Parameter("in_proj_weight", [3 * width, width], inInitializer ?? Initializer.FanIn);
        InBias = weights.Parameter("in_proj_bias", [3 * width], Initializer.Zeros);
        Out = new Linear(weights["out_proj"], width, width, initializer: outInitializer);
        _heads = heads;
        _width = width;
    }

    /// <summary>The projections of queries, keys and values, <c>[3·width, width]</c>.</summary>
    public Tensor InWeight { get; }

    /// <summary>Their biases, <c>[3·width]</c>.</summary>
    public Tensor InBias { get; }

    /// <summary>The output's projection.</summary>
    public Linear Out { get; }

    /// <summary><c>[N, L, width]</c> to the same shape.</summary>
    /// <param name="x">The sequence.</param>
    /// <param name="mask">Added to the scores before the softmax, <c>[L, L]</c>, or null.</param>
    public Tensor Forward(Tensor x, Tensor? mask = null)
    {
        long n = x.Size(0), length = x.Size(1), head = _width / _heads;
        var qkv = x.Linear(InWeight, InBias).View([n, length, 3, _heads, head]).Permute([2, 0, 3, 1, 4]); // [3, N, H, L, D]
        var parts = qkv.Unbind(0);
        return Join(Attend(parts[0], parts[1], parts[2], mask));
    }

    /// <summary>Attention of some states to all: <c>[N, K, width]</c> asking <c>[N, L, width]</c>, to <c>[N, K, width]</c>.</summary>
    /// <param name="queries">The states that ask.</param>
    /// <param name="x">The sequence that they ask.</param>
    /// <param name="mask">Added to the scores before the softmax, to be broadcast to <c>[N, H, K, L]</c>, or null.</param>
    public Tensor Forward(Tensor queries, Tensor x, Tensor? mask)
    {
        long n = x.Size(0), head = _width / _heads;
        var q = queries.Linear(InWeight.Narrow(0, 0, _width), InBias.Narrow(0, 0, _width))
            .View([n, queries.Size(1), _heads, head]).Transpose(1, 2); // [N, H, K, D]
        var kv = x.Linear(InWeight.Narrow(0, _width, 2 * _width), InBias.Narrow(0, _width, 2 * _width))
            .View([n, x.Size(1), 2, _heads, head]).Permute([2, 0, 3, 1, 4]).Unbind(0); // [N, H, L, D] each
        return Join(Attend(q, kv[0], kv[1], mask));
    }

    private Tensor Join(Tensor mixed) =>
        Out.Forward(mixed.Transpose(1, 2).Reshape([mixed.Size(0), mixed.Size(2), _width]));

    /// <summary>softmax(q kᵀ / √D + mask) v for <c>[N, H, L, D]</c>; libtorch's fused kernel where it has one (2.0 and later).</summary>
    public static Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor? mask = null)
    {
        if (Fused)
        {
            return q.ScaledDotProductAttention(k, v, mask);
        }

        var scores = (q * (1 / Math.Sqrt(q.Size(-1)))).Matmul(k.Transpose(-2, -1));
        if (mask is not null)
        {
            scores = scores + mask;
        }

        return scores.Softmax(-1).To(v.Type).Matmul(v);
    }

    private static bool Fused { get; } = Ops.HasScaledDotProductAttention;
}
