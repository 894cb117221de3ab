using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Clip;

/// <summary>
/// CLIP's vision transformer: square patches, a class token whose last state, projected, is the embedding
/// (openai/CLIP: clip/model.py, VisionTransformer; the same names in open_clip: src/open_clip/transformer.py).
/// </summary>
public sealed class VisionTransformer : IImageTower
{
    private readonly Tensor _patches;
    private readonly Tensor _class;
    private readonly Tensor _positions;
    private readonly LayerNorm _normBefore;
    private readonly Transformer _transformer;
    private readonly LayerNorm _normAfter;
    private readonly Tensor _projection;
    private readonly long _width;
    private readonly long _patch;

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
        _patch = config.PatchSize;
        _patches = weights["conv1"].Parameter("weight", [width, 3, _patch, _patch], Initializer.FanIn);
        _class = weights.Parameter("class_embedding", [width], scaled);
        _positions = weights.Parameter("positional_embedding", [(grid * grid) + 1, width], scaled);
        _normBefore = new LayerNorm(weights["ln_pre"], width);
        _transformer = new Transformer(weights["transformer"], width, config.Layers[0], width / config.HeadWidth, quickGelu, config.MlpRatio);
        _normAfter = new LayerNorm(weights["ln_post"], width);
        _projection = weights.Parameter("proj", [width, embedDim], scaled);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Func<Tensor, Tensor>> Segments =>
    [
        Embed,
        .. _transformer.Segments(places: states => Ops.Zeros([states.Size(0)], ScalarType.Int64, device: states.Device)), // the last gives [N, 1, width]
        x => _normAfter.Forward(x.Select(1, 0)).Matmul(_projection),
    ];

    /// <summary>Pictures to the class token and the patches with their places, <c>[N, 1 + G·G, width]</c>.</summary>
    private Tensor Embed(Tensor images)
    {
        var patches = Patches(images);
        var first = _class.Expand([patches.Size(0), 1, _width]);
        return _normBefore.Forward(Ops.Cat([first, patches], 1) + _positions);
    }

    /// <summary>
    /// The convolution whose stride is its kernel as one matrix product, which runs, forward and backward, at the rate of
    /// large products: <c>[N, 3, G·P, G·P]</c> to <c>[N, G·G, width]</c>.
    /// </summary>
    private Tensor Patches(Tensor images)
    {
        long n = images.Size(0), rows = images.Size(2) / _patch, columns = images.Size(3) / _patch;
        // Like a convolution: pixels beyond the last whole patch do not count.
        if (images.Size(2) % _patch != 0 || images.Size(3) % _patch != 0)
        {
            images = images.Narrow(2, 0, rows * _patch).Narrow(3, 0, columns * _patch);
        }

        return images.Reshape([n, 3, rows, _patch, columns, _patch])
            .Permute([0, 2, 4, 1, 3, 5])
            .Reshape([n, rows * columns, 3 * _patch * _patch])
            .Linear(_patches.View([_width, -1]), null);
    }
}
