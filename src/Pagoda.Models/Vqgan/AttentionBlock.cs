using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Vqgan;

/// <summary>x + attention(norm(x)) with one head over all places of the map; its projections are 1 x 1 convolutions.</summary>
internal sealed class AttentionBlock
{
    private readonly GroupNorm _norm;
    private readonly Conv2d _query;
    private readonly Conv2d _key;
    private readonly Conv2d _value;
    private readonly Conv2d _out;

    public AttentionBlock(Weights weights, VqganConfig config, int width)
    {
        _norm = new GroupNorm(weights["norm"], config.NormGroups, width, config.NormEpsilon);
        _query = new Conv2d(weights["q"], width, width, kernel: 1);
        _key = new Conv2d(weights["k"], width, width, kernel: 1);
        _value = new Conv2d(weights["v"], width, width, kernel: 1);
        _out = new Conv2d(weights["proj_out"], width, width, kernel: 1);
    }

    public Tensor Forward(Tensor x)
    {
        using var scope = new TensorScope();
        var normal = _norm.Forward(x);
        var mixed = MultiHeadAttention.Attend(Places(_query.Forward(normal)), Places(_key.Forward(normal)), Places(_value.Forward(normal))); // [N, 1, H·W, C]
        var map = mixed.Squeeze(1).Transpose(1, 2).Reshape(x.Shape);
        return scope.Keep(x + _out.Forward(map));
    }

    /// <summary><c>[N, C, H, W]</c> to <c>[N, 1, H·W, C]</c>: one head.</summary>
    private static Tensor Places(Tensor map) => map.Flatten(2).Transpose(1, 2).Unsqueeze(1);
}
