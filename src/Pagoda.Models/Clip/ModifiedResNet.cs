using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Clip;

/// <summary>
/// OpenAI's ResNet: a stem of three convolutions, average pools where others have strides, and attention in place of
/// the last pool (openai/CLIP: clip/model.py, ModifiedResNet). Its batch normalisation is always in evaluation mode.
/// </summary>
public sealed class ModifiedResNet : IImageTower
{
    private readonly Conv2d[] _stem;
    private readonly BatchNorm2d[] _stemNorms;
    private readonly List<Bottleneck> _blocks = [];
    private readonly AttentionPool _pool;

    /// <summary>Builds the tower.</summary>
    /// <param name="weights">Its subtree, <c>visual</c>.</param>
    /// <param name="config">Its shape.</param>
    /// <param name="embedDim">Size of the embedding.</param>
    public ModifiedResNet(Weights weights, VisionConfig config, int embedDim)
    {
        var width = config.Width[0];
        var half = width / 2;
        _stem =
        [
            new Conv2d(weights["conv1"], 3, half, kernel: 3, stride: 2, padding: 1, bias: false),
            new Conv2d(weights["conv2"], half, half, kernel: 3, padding: 1, bias: false),
            new Conv2d(weights["conv3"], half, width, kernel: 3, padding: 1, bias: false),
        ];
        _stemNorms = [new BatchNorm2d(weights["bn1"], half), new BatchNorm2d(weights["bn2"], half), new BatchNorm2d(weights["bn3"], width)];
        var inputs = width;
        for (var stage = 0; stage < config.Layers.Length; stage++)
        {
            var planes = width << stage;
            for (var block = 0; block < config.Layers[stage]; block++)
            {
                var stride = block == 0 && stage > 0 ? 2 : 1;
                _blocks.Add(new Bottleneck(weights[$"layer{stage + 1}"][block], inputs, planes, stride));
                inputs = planes * Bottleneck.Expansion;
            }
        }

        _pool = new AttentionPool(weights["attnpool"], config.ImageSize / 32, inputs, inputs / config.HeadWidth, embedDim);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Func<Tensor, Tensor>> Segments => [Stem, .. _blocks.Select(block => (Func<Tensor, Tensor>)block.Forward), _pool.Forward];

    private Tensor Stem(Tensor x)
    {
        for (var i = 0; i < _stem.Length; i++)
        {
            x = _stemNorms[i].Forward(_stem[i].Forward(x)).Relu();
        }

        return x.AvgPool2d([2, 2]);
    }

    private sealed class Bottleneck
    {
        public const int Expansion = 4;
        private readonly Conv2d _conv1;
        private readonly Conv2d _conv2;
        private readonly Conv2d _conv3;
        private readonly BatchNorm2d _norm1;
        private readonly BatchNorm2d _norm2;
        private readonly BatchNorm2d _norm3;
        private readonly Conv2d? _shortcut;
        private readonly BatchNorm2d? _shortcutNorm;
        private readonly int _stride;

        public Bottleneck(Weights weights, int inputs, int planes, int stride)
        {
            var outputs = planes * Expansion;
            _stride = stride;
            _conv1 = new Conv2d(weights["conv1"], inputs, planes, kernel: 1, bias: false);
            _norm1 = new BatchNorm2d(weights["bn1"], planes);
            _conv2 = new Conv2d(weights["conv2"], planes, planes, kernel: 3, padding: 1, bias: false);
            _norm2 = new BatchNorm2d(weights["bn2"], planes);
            _conv3 = new Conv2d(weights["conv3"], planes, outputs, kernel: 1, bias: false);
            _norm3 = new BatchNorm2d(weights["bn3"], outputs);
            if (stride > 1 || inputs != outputs)
            {
                _shortcut = new Conv2d(weights["downsample"][0], inputs, outputs, kernel: 1, bias: false);
                _shortcutNorm = new BatchNorm2d(weights["downsample"][1], outputs);
            }
        }

        public Tensor Forward(Tensor x)
        {
            var y = _norm1.Forward(_conv1.Forward(x)).Relu();
            y = Pool(_norm2.Forward(_conv2.Forward(y)).Relu());
            y = _norm3.Forward(_conv3.Forward(y));
            var shortcut = _shortcut is null ? x : _shortcutNorm!.Forward(_shortcut.Forward(Pool(x)));
            return (y + shortcut).Relu();
        }

        private Tensor Pool(Tensor x) => _stride > 1 ? x.AvgPool2d([_stride, _stride]) : x;
    }

    /// <summary>Attention whose only query is the mean over the picture (openai/CLIP: clip/model.py, AttentionPool2d).</summary>
    private sealed class AttentionPool
    {
        private readonly Tensor _positions;
        private readonly Linear _query;
        private readonly Linear _key;
        private readonly Linear _value;
        private readonly Linear _out;
        private readonly int _heads;

        public AttentionPool(Weights weights, int grid, int width, int heads, int embedDim)
        {
            var drawn = Initializer.Normal(1 / Math.Sqrt(width));
            _positions = weights.Parameter("positional_embedding", [(grid * grid) + 1, width], drawn);
            _query = new Linear(weights["q_proj"], width, width, initializer: drawn);
            _key = new Linear(weights["k_proj"], width, width, initializer: drawn);
            _value = new Linear(weights["v_proj"], width, width, initializer: drawn);
            _out = new Linear(weights["c_proj"], width, embedDim, initializer: drawn);
            _heads = heads;
        }

        public Tensor Forward(Tensor map)
        {
            var places = map.Flatten(2).Transpose(1, 2); // [N, G·G, C]
            var x = Ops.Cat([places.Mean([1], keepdim: true), places], 1) + _positions; // [N, 1 + G·G, C]
            var mixed = MultiHeadAttention.Attend(Split(_query.Forward(x.Narrow(1, 0, 1))), Split(_key.Forward(x)), Split(_value.Forward(x))); // [N, H, 1, D]
            return _out.Forward(mixed.Flatten(1));
        }

        private Tensor Split(Tensor x) => x.View([x.Size(0), x.Size(1), _heads, x.Size(2) / _heads]).Transpose(1, 2); // [N, H, L, D]
    }
}
