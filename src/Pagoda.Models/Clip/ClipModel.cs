using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>
/// CLIP: two towers into one embedding. Pictures are given as pixels in [0, 1]; the mean and deviation of the
/// configuration are applied inside, so that radii and gradients are those of pixels.
/// </summary>
public sealed class ClipModel
{
    private readonly Tensor _mean;
    private readonly Tensor _std;

    /// <summary>Builds the model over weights; parameters start out frozen.</summary>
    public ClipModel(Weights weights, ClipConfig config)
    {
        Config = config;
        Weights = weights;
        var visual = weights["visual"];
        Visual = config.Vision.Architecture switch
        {
            VisionArchitecture.ViT => new VisionTransformer(visual, config.Vision, config.EmbedDim, config.QuickGelu),
            VisionArchitecture.ConvNeXt => new ConvNeXt(visual, config.Vision, config.EmbedDim),
            VisionArchitecture.ModifiedResNet => new ModifiedResNet(visual, config.Vision, config.EmbedDim),
            VisionArchitecture.Residual => new ResidualTower(visual, config.Vision, config.EmbedDim),
            var other => throw new NotSupportedException($"Image towers of kind {other} are not known."),
        };
        Text = new TextTower(weights, config.Text, config.EmbedDim, config.QuickGelu);
        // ln(1 / 0.07): CLIP's first temperature. Some checkpoints store it with one dimension.
        LogitScale = weights.Parameter("logit_scale", weights.ShapeOf("logit_scale") is [1] ? [1] : [], Initializer.Constant(Math.Log(1 / 0.07)));
        using var unowned = TensorScope.Unowned();
        using var cpuMean = Tensor.From(Array.ConvertAll(config.Mean, x => (float)x), 1, 3, 1, 1);
        using var cpuStd = Tensor.From(Array.ConvertAll(config.Std, x => (float)x), 1, 3, 1, 1);
        _mean = cpuMean.To(device: LogitScale.Device);
        _std = cpuStd.To(device: LogitScale.Device);
    }

    /// <summary>Its shape.</summary>
    public ClipConfig Config { get; }

    /// <summary>Its weights.</summary>
    public Weights Weights { get; }

    /// <summary>The image tower, which takes normalised pictures.</summary>
    public IImageTower Visual { get; }

    /// <summary>The text tower.</summary>
    public TextTower Text { get; }

    /// <summary>The logarithm of the factor on cosines, as stored.</summary>
    public Tensor LogitScale { get; }

    /// <summary>Where it lives.</summary>
    public Device Device => LogitScale.Device;

    /// <summary>Pixels <c>[N, 3, S, S]</c> in [0, 1] to embeddings <c>[N, embed]</c> of length 1, in float32.</summary>
    public Tensor EncodeImage(Tensor pixels) => Normalize(ImageFeatures(pixels));

    /// <summary>Pictures <c>[N, 3, S, S]</c> in [0, 1] to what <see cref="EncodeImage"/> brings to length 1, <c>[N, embed]</c>: distances between sets are taken of these (clean-fid's CLIP-FID).</summary>
    public Tensor ImageFeatures(Tensor pixels) => Visual.Forward((pixels - _mean) / _std);

    /// <summary><see cref="EncodeImage"/> as a chain of functions, from pixels to embeddings; see <see cref="IImageTower.Segments"/>.</summary>
    public IReadOnlyList<Func<Tensor, Tensor>> ImageSegments
    {
        get
        {
            var tower = Visual.Segments;
            return [pixels => tower[0]((pixels - _mean) / _std), .. tower.Skip(1).SkipLast(1), x => Normalize(tower[^1](x))];
        }
    }

    /// <summary>Token rows <c>[N, L]</c> to embeddings <c>[N, embed]</c> of length 1, in float32.</summary>
    public Tensor EncodeText(Tensor tokens) => Normalize(Text.Forward(tokens));

    /// <summary>Divides rows by their L2 norm.</summary>
    public static Tensor Normalize(Tensor features)
    {
        var full = features.Type == ScalarType.Float32 ? features : features.To(ScalarType.Float32);
        return full / full.LinalgVectorNorm(2, [-1], keepdim: true);
    }
}
