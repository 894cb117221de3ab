using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Vqgan;

/// <summary>x + conv(silu(norm(conv(silu(norm(x)))))), with a 1 x 1 convolution on x where the channels change.</summary>
internal sealed class ResidualBlock
{
    private readonly GroupNorm _norm1;
    private readonly Conv2d _conv1;
    private readonly GroupNorm _norm2;
    private readonly Conv2d _conv2;
    private readonly Conv2d? _shortcut;

    public ResidualBlock(Weights weights, VqganConfig config, int inputs, int outputs)
    {
        _norm1 = new GroupNorm(weights["norm1"], config.NormGroups, inputs, config.NormEpsilon);
        _conv1 = new Conv2d(weights["conv1"], inputs, outputs, kernel: 3, padding: 1);
        _norm2 = new GroupNorm(weights["norm2"], config.NormGroups, outputs, config.NormEpsilon);
        _conv2 = new Conv2d(weights["conv2"], outputs, outputs, kernel: 3, padding: 1);
        _shortcut = inputs == outputs ? null : new Conv2d(weights["nin_shortcut"], inputs, outputs, kernel: 1);
    }

    public Tensor Forward(Tensor x)
    {
        using var scope = new TensorScope();
        var hidden = After(_conv1, _norm1.ForwardSilu(x));
        var activated = _norm2.ForwardSilu(hidden);
        hidden.Dispose();
        var added = After(_conv2, activated);
        var shortcut = _shortcut?.Forward(x) ?? x;
        return scope.Keep(GradMode.IsEnabled ? shortcut + added : added.Add_(shortcut));
    }

    /// <summary>Maps of the fine levels are large: each is given back as soon as nobody needs it, so that the next takes its place.</summary>
    private static Tensor After(Conv2d conv, Tensor x)
    {
        using (x)
        {
            return conv.Forward(x);
        }
    }
}
