using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Style;

/// <summary>
/// A small network from pictures to pictures, to be trained for a style (the part of CLIPstyler's StyleNet, Kwon and Ye 2022, arXiv 2112.00374): convolutions that halve twice, residual
/// blocks, and the way back with what was seen before. It begins as the identity.
/// </summary>
public sealed class StyleNetwork
{
    // How far the logit of a value can move: from the middle, to 0.12 or 0.88. What a picture shows stays visible in its shades.
    private const double Reach = 2;

    private readonly Conv2d _in;
    private readonly Conv2d[] _down;
    private readonly (Conv2d First, Conv2d Second)[] _blocks;
    private readonly Conv2d[] _up;
    private readonly Conv2d _out;

    /// <summary>Builds the network over a tree of weights.</summary>
    /// <param name="weights">Its weights.</param>
    /// <param name="width">Channels at full size; doubled with each halving.</param>
    /// <param name="blocks">Residual blocks between.</param>
    public StyleNetwork(Weights weights, int width = 16, int blocks = 4)
    {
        (Weights, Width, Blocks) = (weights, width, blocks);
        _in = Conv(weights["in"], 3, width);
        _down = [.. Enumerable.Range(0, 2).Select(i => new Conv2d(weights["down"][i], width << i, width << (i + 1), kernel: 3, stride: 2, padding: 1))];
        _blocks = [.. Enumerable.Range(0, blocks).Select(i => (Conv(weights["blocks"][i]["first"], 4 * width, 4 * width), Conv(weights["blocks"][i]["second"], 4 * width, 4 * width)))];
        _up = [.. Enumerable.Range(0, 2).Select(i => Conv(weights["up"][i], 6 * width >> i, 2 * width >> i))];
        _out = new Conv2d(weights["out"], width, 3, kernel: 3, padding: 1, initializer: Initializer.Zeros);
    }

    /// <summary>Its weights.</summary>
    public Weights Weights { get; }

    /// <summary>Channels at full size.</summary>
    public int Width { get; }

    /// <summary>Residual blocks.</summary>
    public int Blocks { get; }

    /// <summary>Pictures in the style.</summary>
    /// <param name="pictures"><c>[N, 3, H, W]</c> in [0, 1], H and W multiples of 4.</param>
    /// <returns>As many, in [0, 1].</returns>
    public Tensor Forward(Tensor pictures)
    {
        using var scope = new TensorScope();
        var full = Freed(() => Normal(_in.Forward((pictures * 2) - 1)).Relu());
        var half = Freed(() => Normal(_down[0].Forward(full)).Relu());
        var x = Freed(() => Normal(_down[1].Forward(half)).Relu());
        foreach (var (first, second) in _blocks)
        {
            var before = x;
            x = Freed(() => before + Normal(second.Forward(Normal(first.Forward(before)).Relu())));
        }

        var low = Freed(() => Normal(_up[0].Forward(Joined(x, half))).Relu());
        var moved = Freed(() => _out.Forward(Normal(_up[1].Forward(Joined(low, full))).Relu()));
        // Where the picture is black or white already, a sum of logits can still change it.
        var inside = pictures.Clamp(0.02, 0.98);
        return scope.Keep(((inside / (1 - inside)).Log() + ((moved / Reach).Tanh() * Reach)).Sigmoid());
    }

    /// <summary>What a step makes, less what it made on the way: of a large picture, all of it together would not fit.</summary>
    private static Tensor Freed(Func<Tensor> step)
    {
        using var scope = new TensorScope();
        return scope.Keep(step());
    }

    private static Tensor Joined(Tensor small, Tensor large) => Freed(() => Ops.Cat([Doubled(small), large], 1));

    private static Conv2d Conv(Weights weights, int inputs, int outputs) => new(weights, inputs, outputs, kernel: 3, padding: 1);

    private static Tensor Doubled(Tensor x) => x.UpsampleNearest2d([2 * x.Size(2), 2 * x.Size(3)]);

    /// <summary>Each channel of each picture to mean 0 and variance 1.</summary>
    private static Tensor Normal(Tensor x) => x.GroupNorm(x.Size(1), null, null, 1e-5);
}
