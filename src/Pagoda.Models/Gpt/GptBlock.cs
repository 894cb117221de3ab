using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Gpt;

/// <summary>
/// A pre-norm transformer block with exact GELU, under the names that torch.nn.TransformerEncoderLayer gives:
/// x + attention(norm1(x)), then x + linear2(gelu(linear1(norm2(x)))).
/// </summary>
internal sealed class GptBlock
{
    private static readonly Initializer Draw = Initializer.Normal(GptModel.InitialDeviation);

    private readonly GptConfig _config;
    private readonly LayerNorm _norm1;
    private readonly LayerNorm _norm2;
    private readonly Tensor _inWeight;
    private readonly Tensor _inBias;
    private readonly Linear _out;
    private readonly Linear _linear1;
    private readonly Linear _linear2;
    private readonly BlockWeights _weights;

    public GptBlock(Weights weights, GptConfig config)
    {
        _config = config;
        var width = config.Width;
        var attention = weights["self_attn"];
        _inWeight = attention.Parameter("in_proj_weight", [3L * width, width], Draw);
        _inBias = attention.Parameter("in_proj_bias", [3L * width], Initializer.Zeros);
        _out = new Linear(attention["out_proj"], width, width, initializer: Draw);
        _linear1 = new Linear(weights["linear1"], width, 4 * width, initializer: Draw);
        _linear2 = new Linear(weights["linear2"], 4 * width, width, initializer: Draw);
        _norm1 = new LayerNorm(weights["norm1"], width);
        _norm2 = new LayerNorm(weights["norm2"], width);
        _weights = new BlockWeights(
            _norm1.Weight, _norm1.Bias, _inWeight, _inBias, _out.Weight, _out.Bias!,
            _norm2.Weight, _norm2.Bias, _linear1.Weight, _linear1.Bias!, _linear2.Weight, _linear2.Bias!);
    }

    /// <summary><c>[N, L, width]</c> to the same shape.</summary>
    /// <param name="x">The positions that are new.</param>
    /// <param name="mask">Added to the scores, <c>[L, L of all]</c>; null when every new position sees all.</param>
    /// <param name="dropout">Share of numbers to drop.</param>
    /// <param name="past">Takes the new keys and values <c>[N, H, L, D]</c> and gives back all; null when there is no past.</param>
    public Tensor Forward(Tensor x, Tensor? mask, double dropout, Func<Tensor, Tensor, (Tensor Keys, Tensor Values)>? past = null)
    {
        if (past is null && dropout == 0 && FusedBlock.Forward(x, _weights, _config.Heads, quickGelu: false, mask) is { } done)
        {
            return done;
        }

        long n = x.Size(0), length = x.Size(1), head = _config.Width / _config.Heads;
        var qkv = _norm1.Forward(x).Linear(_inWeight, _inBias).View([n, length, 3, _config.Heads, head]).Permute([2, 0, 3, 1, 4]).Unbind(0);
        var (keys, values) = past is null ? (qkv[1], qkv[2]) : past(qkv[1], qkv[2]);
        var mixed = Attend(qkv[0], keys, values, mask, dropout).Transpose(1, 2).Reshape([n, length, _config.Width]);
        x = x + Drop(_out.Forward(mixed), dropout);
        var hidden = Drop(_linear1.Forward(_norm2.Forward(x)).Gelu(), dropout);
        return x + Drop(_linear2.Forward(hidden), dropout);
    }

    private static Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor? mask, double dropout)
    {
        if (dropout == 0)
        {
            return MultiHeadAttention.Attend(q, k, v, mask is null || mask.Type == q.Type ? mask : mask.To(q.Type));
        }

        var scores = (q * (1 / Math.Sqrt(q.Size(-1)))).Matmul(k.Transpose(-2, -1));
        return Drop((mask is null ? scores : scores + mask).Softmax(-1), dropout).To(v.Type).Matmul(v);
    }

    private static Tensor Drop(Tensor x, double share) => share == 0 ? x : x.Dropout(share, train: true);
}
