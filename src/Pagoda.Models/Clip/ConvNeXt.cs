using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Clip;

/// <summary>
/// ConvNeXt as open_clip's image tower (huggingface/pytorch-image-models: timm/models/convnext.py, ConvNeXt; open_clip:
/// src/open_clip/timm_model.py, TimmModel). Its pictures are kept channels-last, so that the layer norms and linear
/// layers of a block see their channels side by side and nothing is copied between them and the convolutions.
/// </summary>
public sealed class ConvNeXt : IImageTower
{
    // timm/models/convnext.py, _init_weights.
    private static readonly Initializer Drawn = Initializer.Normal(0.02);

    private readonly Conv2d _stem;
    private readonly LayerNorm _stemNorm;
    private readonly List<Func<Tensor, Tensor>> _stages = [];
    private readonly LayerNorm _headNorm;
    private readonly Func<Tensor, Tensor> _projection;

    /// <summary>Builds the tower; names <c>trunk.*</c> of timm and <c>head.*</c> of open_clip.</summary>
    /// <param name="weights">Its subtree, <c>visual</c>.</param>
    /// <param name="config">Its shape.</param>
    /// <param name="embedDim">Size of the embedding.</param>
    public ConvNeXt(Weights weights, VisionConfig config, int embedDim)
    {
        var widths = config.Width;
        var trunk = weights["trunk"];
        _stem = new Conv2d(trunk["stem"][0], 3, widths[0], kernel: 4, stride: 4, initializer: Drawn);
        _stemNorm = new LayerNorm(trunk["stem"][1], widths[0], config.NormEpsilon);
        for (var i = 0; i < widths.Length; i++)
        {
            var stage = trunk["stages"][i];
            if (i > 0)
            {
                var norm = new LayerNorm(stage["downsample"][0], widths[i - 1], config.NormEpsilon);
                var halve = new Conv2d(stage["downsample"][1], widths[i - 1], widths[i], kernel: 2, stride: 2, initializer: Drawn);
                _stages.Add(x => halve.Forward(OverChannels(norm, x)));
            }

            for (var j = 0; j < config.Layers[i]; j++)
            {
                _stages.Add(new Block(stage["blocks"][j], widths[i], config.NormEpsilon).Forward);
            }
        }

        _headNorm = new LayerNorm(trunk["head"]["norm"], widths[^1], config.NormEpsilon);
        _projection = Projection(weights, config.Projection, widths[^1], embedDim);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Func<Tensor, Tensor>> Segments =>
    [
        images => OverChannels(_stemNorm, _stem.Forward(images.Contiguous(MemoryFormat.ChannelsLast))),
        .. _stages,
        x => _projection(_headNorm.Forward(x.Mean([2, 3]))),
    ];

    private static Func<Tensor, Tensor> Projection(Weights weights, ConvNeXtProjection kind, int width, int embedDim)
    {
        switch (kind)
        {
            case ConvNeXtProjection.Linear:
                return new Linear(weights["head"]["proj"], width, embedDim, bias: false).Forward;
            case ConvNeXtProjection.Mlp:
                var widen = new Linear(weights["head"]["mlp"]["fc1"], width, 2 * embedDim);
                var narrow = new Linear(weights["head"]["mlp"]["fc2"], 2 * embedDim, embedDim, bias: false);
                return x => narrow.Forward(widen.Forward(x).Gelu());
            default:
                return new Linear(weights["trunk"]["head"]["fc"], width, embedDim).Forward;
        }
    }

    /// <summary>Normalises the channels at each place of <c>[N, C, H, W]</c>.</summary>
    private static Tensor OverChannels(LayerNorm norm, Tensor x) => norm.Forward(x.Permute([0, 2, 3, 1])).Permute([0, 3, 1, 2]);

    private sealed class Block
    {
        private readonly Conv2d _depthwise;
        private readonly LayerNorm _norm;
        private readonly Linear _widen;
        private readonly Linear _narrow;
        private readonly Tensor _scale;
        private readonly MlpWeights _weights;
        private readonly double _epsilon;

        public Block(Weights weights, int width, double epsilon)
        {
            _depthwise = new Conv2d(weights["conv_dw"], width, width, kernel: 7, padding: 3, groups: width, initializer: Drawn);
            _norm = new LayerNorm(weights["norm"], width, epsilon);
            _widen = new Linear(weights["mlp"]["fc1"], width, 4 * width, initializer: Drawn);
            _narrow = new Linear(weights["mlp"]["fc2"], 4 * width, width, initializer: Drawn);
            _scale = weights.Parameter("gamma", [width], Initializer.Constant(1e-6));
            _weights = new MlpWeights(_norm.Weight, _norm.Bias, _widen.Weight, _widen.Bias!, _narrow.Weight, _narrow.Bias!, _scale);
            _epsilon = epsilon;
        }

        public Tensor Forward(Tensor x)
        {
            var inner = _depthwise.Forward(x).Permute([0, 2, 3, 1]); // [N, H, W, C]
            if (FusedBlock.Mlp(inner, x.Permute([0, 2, 3, 1]), _weights, _epsilon) is { } done)
            {
                return done.Permute([0, 3, 1, 2]);
            }

            inner = _narrow.Forward(_widen.Forward(_norm.Forward(inner)).Gelu()) * _scale;
            return x + inner.Permute([0, 3, 1, 2]);
        }
    }
}
