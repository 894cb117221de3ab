using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Vqgan;

/// <summary>
/// An autoencoder of pictures whose middle is a grid of tokens (arXiv 2012.09841). Weights have the names of
/// taming-transformers (CompVis/taming-transformers: taming/models/vqgan.py, VQModel).
/// </summary>
public sealed class VqganModel
{
    private readonly Conv2d _quantConv;
    private readonly Conv2d _postQuantConv;

    /// <summary>Builds the model over weights; parameters start out frozen.</summary>
    /// <exception cref="InvalidDataException">The configuration cannot be built, or the weights do not fit it.</exception>
    public VqganModel(Weights weights, VqganConfig config)
    {
        Config = config.Checked();
        Weights = weights;
        Encoder = new VqganEncoder(weights["encoder"], config);
        Decoder = new VqganDecoder(weights["decoder"], config);
        Quantizer = new VectorQuantizer(weights["quantize"], config);
        _quantConv = new Conv2d(weights["quant_conv"], config.LatentChannels, config.CodebookWidth, kernel: 1);
        _postQuantConv = new Conv2d(weights["post_quant_conv"], config.CodebookWidth, config.LatentChannels, kernel: 1);
    }

    /// <summary>Its shape.</summary>
    public VqganConfig Config { get; }

    /// <summary>Its weights.</summary>
    public Weights Weights { get; }

    /// <summary>The encoding tower.</summary>
    public VqganEncoder Encoder { get; }

    /// <summary>The decoding tower.</summary>
    public VqganDecoder Decoder { get; }

    /// <summary>The codebook.</summary>
    public VectorQuantizer Quantizer { get; }

    /// <summary>The decoder's last weight <c>[3, ch, 3, 3]</c>, from whose gradients the adversarial weight is computed.</summary>
    public Tensor LastLayer => Decoder.LastLayer;

    /// <summary>Where it lives.</summary>
    public Device Device => Quantizer.Codebook.Device;

    /// <summary>Pictures <c>[N, 3, H, W]</c> in [-1, 1] to latents <c>[N, D, H/f, W/f]</c>, not yet quantised.</summary>
    /// <exception cref="ArgumentException">A side is no multiple of the factor.</exception>
    public Tensor Encode(Tensor images)
    {
        if (images.Dimensions != 4 || images.Size(1) != 3 || images.Size(2) % Config.Factor != 0 || images.Size(3) % Config.Factor != 0 || images.Elements == 0)
        {
            throw new ArgumentException($"Pictures of shape [{string.Join(", ", images.Shape.ToArray())}] cannot be encoded: the VQGAN takes [N, 3, H, W] with sides that are multiples of {Config.Factor} pixels.");
        }

        return _quantConv.Forward(Encoder.Forward(images));
    }

    /// <summary>Replaces latents <c>[N, D, h, w]</c> by the nearest codes.</summary>
    public Quantization Quantize(Tensor latents) => Quantizer.Quantize(latents);

    /// <summary>Pictures <c>[N, 3, H, W]</c> in [-1, 1] to tokens <c>[N, H/f, W/f]</c> of int64.</summary>
    /// <inheritdoc cref="Encode"/>
    public Tensor EncodeTokens(Tensor images) => Quantizer.Nearest(Encode(images));

    /// <summary>The vectors <c>[N, D, h, w]</c> of tokens <c>[N, h, w]</c>.</summary>
    public Tensor Lookup(Tensor tokens) => Quantizer.Lookup(tokens);

    /// <summary>Vectors <c>[N, D, h, w]</c> to pictures <c>[N, 3, h·f, w·f]</c>, about in [-1, 1] and not clamped.</summary>
    public Tensor Decode(Tensor z) => Decoder.Forward(_postQuantConv.Forward(z));

    /// <summary>Tokens <c>[N, h, w]</c> of int64, each below the codebook's size, to pictures <c>[N, 3, h·f, w·f]</c>.</summary>
    public Tensor DecodeTokens(Tensor tokens) => Decode(Lookup(tokens));
}
