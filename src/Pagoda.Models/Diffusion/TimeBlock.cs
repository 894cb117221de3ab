using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Diffusion;

/// <summary>How a block changes the size of its map.</summary>
internal enum Resampling
{
    None,
    Halve,
    Double,
}

/// <summary>A residual block that knows the time: x + conv(silu(norm(conv(silu(norm(x)))) · (1 + scale) + shift)), both paths halved or doubled if so wanted.</summary>
internal sealed class TimeBlock
{
    private readonly GroupNorm _normIn;
    private readonly Conv2d _convIn;
    private readonly Linear _time;
    private readonly GroupNorm _normOut;
    private readonly Conv2d _convOut;
    private readonly Conv2d? _shortcut;
    private readonly Resampling _resampling;
    private readonly bool _scaleShift;

    public TimeBlock(Weights weights, DiffusionConfig config, int inputs, int outputs, Resampling resampling = Resampling.None)
    {
        (_resampling, _scaleShift) = (resampling, config.ScaleShift);
        _normIn = new GroupNorm(weights["in_layers"][0], config.NormGroups, inputs);
        _convIn = new Conv2d(weights["in_layers"][2], inputs, outputs, kernel: 3, padding: 1);
        _time = new Linear(weights["emb_layers"][1], 4 * config.Channels, config.ScaleShift ? 2 * outputs : outputs);
        _normOut = new GroupNorm(weights["out_layers"][0], config.NormGroups, outputs);
        // A block begins as none: its last convolution is zeros.
        _convOut = new Conv2d(weights["out_layers"][3], outputs, outputs, kernel: 3, padding: 1, initializer: Initializer.Zeros);
        _shortcut = inputs == outputs ? null : new Conv2d(weights["skip_connection"], inputs, outputs, kernel: 1);
    }

    /// <param name="x"><c>[N, inputs, H, W]</c>.</param>
    /// <param name="time"><c>[N, 4·channels]</c>, through SiLU already.</param>
    public Tensor Forward(Tensor x, Tensor time)
    {
        using var scope = new TensorScope();
        var hidden = _convIn.Forward(Resample(_normIn.ForwardSilu(x)));
        var of = _time.Forward(time).Unsqueeze(-1).Unsqueeze(-1);
        if (_scaleShift)
        {
            var parts = of.Chunk(2, 1);
            hidden = ((_normOut.Forward(hidden) * (parts[0] + 1)) + parts[1]).Silu();
        }
        else
        {
            hidden = _normOut.ForwardSilu(hidden + of);
        }

        var kept = Resample(x);
        return scope.Keep((_shortcut?.Forward(kept) ?? kept) + _convOut.Forward(hidden));
    }

    private Tensor Resample(Tensor x) => _resampling switch
    {
        Resampling.Halve => x.AvgPool2d([2, 2], [2, 2]),
        Resampling.Double => UNetMaps.Doubled(x),
        _ => x,
    };
}

/// <summary>Maps of other sizes.</summary>
internal static class UNetMaps
{
    /// <summary>Each pixel four times.</summary>
    public static Tensor Doubled(Tensor x) => x.UpsampleNearest2d([2 * x.Size(2), 2 * x.Size(3)]);
}
