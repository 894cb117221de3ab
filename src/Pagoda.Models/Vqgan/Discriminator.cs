using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Vqgan;

/// <summary>A discriminator's shape.</summary>
/// <param name="Channels">Channels after the first convolution (<c>disc_ndf</c>); they double from layer to layer, up to eight times.</param>
/// <param name="Layers">Normalised layers (<c>disc_num_layers</c>).</param>
/// <param name="ActNorm">ActNorm in place of batch normalisation (<c>use_actnorm</c>).</param>
public sealed record DiscriminatorConfig(int Channels = 64, int Layers = 3, bool ActNorm = false);

/// <summary>
/// Tells patches of real pictures from generated ones: strided 4 x 4 convolutions (arXiv 1611.07004, PatchGAN;
/// CompVis/taming-transformers: taming/modules/discriminator/model.py, NLayerDiscriminator). Convolutions are drawn from
/// N(0, 0.02²), the scales of batch normalisation from N(1, 0.02²).
/// </summary>
public sealed class Discriminator
{
    private const double Slope = 0.2;
    private static readonly Initializer Drawn = Initializer.Normal(0.02);
    private readonly List<Func<Tensor, bool, Tensor>> _body = [];

    /// <summary>Builds the network; its parameters start out frozen.</summary>
    /// <param name="weights">Its subtree, with <c>main.N</c>.</param>
    /// <param name="config">Its shape.</param>
    public Discriminator(Weights weights, DiscriminatorConfig config)
    {
        Config = config;
        var main = weights["main"];
        var first = Convolution(main[0], 3, config.Channels, 2);
        _body.Add((x, _) => first.Forward(x).LeakyRelu(Slope));
        var width = config.Channels;
        for (var layer = 1; layer <= config.Layers; layer++)
        {
            var wider = config.Channels * Math.Min(1 << Math.Min(layer, 3), 8);
            // Batch normalisation has a shift of its own, so that a bias before it would do nothing.
            var conv = Convolution(main[(3 * layer) - 1], width, wider, layer < config.Layers ? 2 : 1, bias: config.ActNorm);
            var norm = Norm(main[3 * layer], wider, config.ActNorm);
            _body.Add((x, training) => norm(conv.Forward(x), training).LeakyRelu(Slope));
            width = wider;
        }

        var last = Convolution(main[(3 * config.Layers) + 2], width, 1, 1);
        _body.Add((x, _) => last.Forward(x));
    }

    /// <summary>Its shape.</summary>
    public DiscriminatorConfig Config { get; }

    /// <summary>Pictures <c>[N, 3, H, W]</c> in [-1, 1] to a logit for each patch, <c>[N, 1, h, w]</c>: high means real.</summary>
    /// <param name="images">The pictures.</param>
    /// <param name="training">Normalise by the batch, and let the kept statistics follow; ActNorm is set up by its first batch.</param>
    public Tensor Forward(Tensor images, bool training)
    {
        var x = images;
        foreach (var layer in _body)
        {
            x = layer(x, training);
        }

        return x;
    }

    private static Conv2d Convolution(Weights weights, int inputs, int outputs, int stride, bool bias = true) =>
        new(weights, inputs, outputs, kernel: 4, stride, padding: 1, bias: bias, initializer: Drawn);

    private static Func<Tensor, bool, Tensor> Norm(Weights weights, int channels, bool actNorm) =>
        actNorm ? new ActNorm(weights, channels).Forward : new BatchNorm2d(weights, channels, initializer: Initializer.Normal(0.02, 1)).Forward;
}
