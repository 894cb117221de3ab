using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Clip;

/// <summary>
/// CLIP's vision transformer: square patches, a class token whose last state, projected, is the embedding
/// (openai/CLIP: clip/model.py, VisionTransformer; the same names in open_clip: src/open_clip/transformer.py).
/// </summary>
public sealed class VisionTransformer : IImageTower
{
    private readonly Conv2d _patches;
    private readonly Tensor _class;
    private readonly Tensor _positions;
    private readonly LayerNorm _normBefore;
    private readonly Transformer _transformer;
    private readonly LayerNorm _normAfter;
    private readonly Tensor _projection;
    private readonly long _width;

    /// <summary>Builds the tower.</summary>
    /// <param name="weights">Its subtree, <c>visual</c>.</param>
    /// <param name="config">Its shape.</param>
    /// <param name="embedDim">Size of the embedding.</param>
    /// <param name="quickGelu">x·σ(1.702x) in place of the exact GELU.</param>
    public VisionTransformer(Weights weights, VisionConfig config, int embedDim, bool quickGelu)
    {
        var width = config.Width[0];
        var grid = config.ImageSize / config.PatchSize;
        var scaled = Initializer.Normal(1 / Math.Sqrt(width));
        _width = width;
        _patches = new Conv2d(weights["conv1"], 3, width, kernel: config.PatchSize, stride: config.PatchSize, bias: false);
        _class = weights.Parameter("class_embedding", [width], scaled);
        _positions = weights.Parameter("positional_embedding", [(grid * grid) + 1, width], scaled);
        _normBefore = new LayerNorm(weights["ln_pre"], width);
        _transformer = new Transformer(weights["transformer"], width, config.Layers[0], width / config.HeadWidth, quickGelu, config.MlpRatio);
        _normAfter = new LayerNorm(weights["ln_post"], width);
        _projection = weights.Parameter("proj", [width, embedDim], scaled);
    }

    /// <inheritdoc/>
    public Tensor Forward(Tensor images)
    {
        var patches = _patches.Forward(images).Flatten(2).Transpose(1, 2); // [N, G·G, width]
        var first = _class.Expand([patches.Size(0), 1, _width]);
        var x = Ops.Cat([first, patches], 1) + _positions; // [N, 1 + G·G, width]
        x = _transformer.Forward(_normBefore.Forward(x));
        return _normAfter.Forward(x.Select(1, 0)).Matmul(_projection);
    }
}
