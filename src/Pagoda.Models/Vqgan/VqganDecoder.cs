using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Vqgan;

/// <summary>
/// From a map of latent vectors to pictures, the encoder mirrored: nearest-neighbour doubling and a convolution between
/// levels (CompVis/taming-transformers: taming/modules/diffusionmodules/model.py, Decoder).
/// </summary>
public sealed class VqganDecoder
{
    private readonly List<Func<Tensor, Tensor>> _body = [];
    private readonly GroupNorm _normOut;
    private readonly Conv2d _convOut;

    /// <summary>Builds the tower.</summary>
    /// <param name="weights">Its subtree, <c>decoder</c>.</param>
    /// <param name="config">The model's shape.</param>
    public VqganDecoder(Weights weights, VqganConfig config)
    {
        var levels = config.Multipliers.Length;
        var width = config.Width(levels - 1);
        _body.Add(new Conv2d(weights["conv_in"], config.LatentChannels, width, kernel: 3, padding: 1).Forward);
        _body.Add(new ResidualBlock(weights["mid"]["block_1"], config, width, width).Forward);
        _body.Add(new AttentionBlock(weights["mid"]["attn_1"], config, width).Forward);
        _body.Add(new ResidualBlock(weights["mid"]["block_2"], config, width, width).Forward);
        for (var level = levels - 1; level >= 0; level--)
        {
            var here = weights["up"][level];
            for (var block = 0; block <= config.Blocks; block++)
            {
                _body.Add(new ResidualBlock(here["block"][block], config, width, config.Width(level)).Forward);
                width = config.Width(level);
                if (config.HasAttention(level))
                {
                    _body.Add(new AttentionBlock(here["attn"][block], config, width).Forward);
                }
            }

            if (level > 0)
            {
                _body.Add(new DoublingConvolution(here["upsample"]["conv"], width).Forward);
            }
        }

        _normOut = new GroupNorm(weights["norm_out"], config.NormGroups, width, config.NormEpsilon);
        var last = weights["conv_out"];
        _convOut = new Conv2d(last, width, 3, kernel: 3, padding: 1);
        LastLayer = last.Parameter("weight", [3, width, 3, 3], Initializer.FanIn);
    }

    /// <summary>The last convolution's weight <c>[3, ch, 3, 3]</c>, whose gradients balance the losses of training.</summary>
    public Tensor LastLayer { get; }

    /// <summary><c>[N, z, h, w]</c> to pictures <c>[N, 3, h·f, w·f]</c>, about in [-1, 1] and not clamped.</summary>
    public Tensor Forward(Tensor z)
    {
        using var scope = new TensorScope();
        var x = Chain.Run(_body, z);
        return scope.Keep(_convOut.Forward(_normOut.ForwardSilu(x)));
    }
}
