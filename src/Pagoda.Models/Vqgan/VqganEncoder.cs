using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Vqgan;

/// <summary>
/// From pictures to a map of latent vectors: levels of residual blocks, attention at the coarse ones, convolutions of
/// stride 2 between them (CompVis/taming-transformers: taming/modules/diffusionmodules/model.py, Encoder).
/// </summary>
public sealed class VqganEncoder
{
    private readonly List<Func<Tensor, Tensor>> _body = [];
    private readonly GroupNorm _normOut;
    private readonly Conv2d _convOut;

    /// <summary>Builds the tower.</summary>
    /// <param name="weights">Its subtree, <c>encoder</c>.</param>
    /// <param name="config">The model's shape.</param>
    public VqganEncoder(Weights weights, VqganConfig config)
    {
        _body.Add(new Conv2d(weights["conv_in"], 3, config.Channels, kernel: 3, padding: 1).Forward);
        var width = config.Channels;
        var levels = config.Multipliers.Length;
        for (var level = 0; level < levels; level++)
        {
            var here = weights["down"][level];
            for (var block = 0; block < config.Blocks; block++)
            {
                _body.Add(new ResidualBlock(here["block"][block], config, width, config.Width(level)).Forward);
                width = config.Width(level);
                if (config.HasAttention(level))
                {
                    _body.Add(new AttentionBlock(here["attn"][block], config, width).Forward);
                }
            }

            if (level < levels - 1)
            {
                _body.Add(Halve(new Conv2d(here["downsample"]["conv"], width, width, kernel: 3, stride: 2)));
            }
        }

        _body.Add(new ResidualBlock(weights["mid"]["block_1"], config, width, width).Forward);
        _body.Add(new AttentionBlock(weights["mid"]["attn_1"], config, width).Forward);
        _body.Add(new ResidualBlock(weights["mid"]["block_2"], config, width, width).Forward);
        _normOut = new GroupNorm(weights["norm_out"], config.NormGroups, width, config.NormEpsilon);
        _convOut = new Conv2d(weights["conv_out"], width, config.LatentChannels, kernel: 3, padding: 1);
    }

    /// <summary>Pictures <c>[N, 3, H, W]</c> in [-1, 1], sides multiples of the factor, to <c>[N, z, H/f, W/f]</c>.</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = new TensorScope();
        x = Chain.Run(_body, x);
        return scope.Keep(_convOut.Forward(_normOut.ForwardSilu(x)));
    }

    /// <summary>The reference pads only right and below, so that an even side halves.</summary>
    private static Func<Tensor, Tensor> Halve(Conv2d conv) => x =>
    {
        using var scope = new TensorScope();
        return scope.Keep(conv.Forward(x.Pad([0, 1, 0, 1])));
    };
}
