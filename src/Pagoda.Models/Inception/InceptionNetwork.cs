using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Inception;

/// <summary>
/// The Inception-v3 that FID, KID and the Inception Score are measured with (arXiv 1512.00567, trained by Google in 2015;
/// mseitzer/pytorch-fid: src/pytorch_fid/inception.py, <c>fid_inception_v3</c>). The channels are those of the weights.
/// </summary>
public sealed class InceptionNetwork : IDisposable
{
    /// <summary>Width and height of what it looks at, in pixels.</summary>
    public const int Side = 299;

    /// <summary>Classes of the published weights: ImageNet's 1000 and 8 that mean nothing.</summary>
    public const int Classes = 1008;

    private readonly InceptionUnit[] _stem;
    private readonly InceptionBlock[] _middle;
    private readonly InceptionBlock[] _last;
    private readonly Linear? _classifier;
    private readonly Tensor? _bias;

    /// <summary>Builds the network.</summary>
    /// <param name="weights">A tree with <c>Conv2d_1a_3x3</c> to <c>Mixed_7c</c> and <c>fc</c>.</param>
    /// <param name="classifier">Whether <c>fc</c> is there; without it there are no logits.</param>
    /// <exception cref="InvalidDataException">A weight is missing or has another shape.</exception>
    public InceptionNetwork(Weights weights, bool classifier = true)
    {
        Weights = weights;
        long width = 3;
        _stem =
        [
            Unit("Conv2d_1a_3x3", 32, 3, stride: 2, padded: false), Unit("Conv2d_2a_3x3", 32, 3, padded: false), Unit("Conv2d_2b_3x3", 64, 3),
            Unit("Conv2d_3b_1x1", 80, 1), Unit("Conv2d_4a_3x3", 192, 3, padded: false),
        ];
        _middle =
        [
            Next(InceptionBlock.A(weights["Mixed_5b"], width, 32)), Next(InceptionBlock.A(weights["Mixed_5c"], width, 64)), Next(InceptionBlock.A(weights["Mixed_5d"], width, 64)),
            Next(InceptionBlock.B(weights["Mixed_6a"], width)), Next(InceptionBlock.C(weights["Mixed_6b"], width, 128)), Next(InceptionBlock.C(weights["Mixed_6c"], width, 160)),
            Next(InceptionBlock.C(weights["Mixed_6d"], width, 160)), Next(InceptionBlock.C(weights["Mixed_6e"], width, 192)),
        ];
        _last = [Next(InceptionBlock.D(weights["Mixed_7a"], width)), Next(InceptionBlock.E(weights["Mixed_7b"], width, maximum: false)), Next(InceptionBlock.E(weights["Mixed_7c"], width, maximum: true))];
        Width = width;
        if (classifier)
        {
            var classes = weights["fc"].ShapeOf("weight") is [var stored, _] ? stored : Classes;
            _classifier = new Linear(weights["fc"], width, classes);
            _bias = weights["fc"].Parameter("bias", [classes], Initializer.Zeros);
        }

        InceptionUnit Unit(string name, long outputs, long kernel, long stride = 1, bool padded = true)
        {
            var unit = new InceptionUnit(weights[name], width, outputs, kernel, kernel, stride, padded);
            width = unit.Outputs;
            return unit;
        }

        InceptionBlock Next(InceptionBlock block)
        {
            width = block.Outputs;
            return block;
        }
    }

    /// <summary>Its weights.</summary>
    public Weights Weights { get; }

    /// <summary>Features of a picture: 2048 in the published network.</summary>
    public long Width { get; }

    /// <summary>Whether the weights have the classifier that <see cref="Logits"/> needs.</summary>
    public bool HasClassifier => _classifier is not null;

    /// <summary>The feature maps of pictures, up to the deepest that is asked for.</summary>
    /// <param name="x">Pictures <c>[N, 3, 299, 299]</c> in [-1, 1], as <see cref="InceptionInput"/> makes them.</param>
    /// <param name="deepest">The last map wanted.</param>
    /// <returns>
    /// Maps by <see cref="InceptionLayer"/>, <c>[N, channels, H, W]</c>: 64 of 73 x 73, 192 of 35 x 35, 768 of 17 x 17, and 2048 averaged to 1 x 1.
    /// </returns>
    public Tensor[] Maps(Tensor x, InceptionLayer deepest = InceptionLayer.Features)
    {
        var maps = new List<Tensor> { Pool(Run(0, 3, x.Contiguous(MemoryFormat.ChannelsLast))) };
        if (deepest >= InceptionLayer.SecondPool)
        {
            maps.Add(Pool(Run(3, 5, maps[^1])));
        }

        if (deepest >= InceptionLayer.BeforeAuxiliary)
        {
            maps.Add(_middle.Aggregate(maps[^1], (map, block) => block.Forward(map)));
        }

        if (deepest >= InceptionLayer.Features)
        {
            maps.Add(_last.Aggregate(maps[^1], (map, block) => block.Forward(map)).AdaptiveAvgPool2d([1, 1]));
        }

        return [.. maps];
    }

    /// <summary>The features that a distance is taken between, <c>[N, channels]</c>: a map averaged over its places.</summary>
    /// <param name="x">Pictures <c>[N, 3, 299, 299]</c> in [-1, 1], as <see cref="InceptionInput"/> makes them.</param>
    /// <param name="layer">Which map; the last, of 2048 channels, for the FID that papers give.</param>
    public Tensor Features(Tensor x, InceptionLayer layer = InceptionLayer.Features) => Maps(x, layer)[(int)layer].Mean([2, 3]);

    /// <summary>The classes' logits, <c>[N, 1008]</c>.</summary>
    /// <param name="features">The last features, <c>[N, 2048]</c>.</param>
    /// <param name="bias">
    /// Whether the classifier's bias is added. The Inception Score as first computed (openai/improved-gan:
    /// inception_score/model.py) leaves it out, and so do programs that reproduce its numbers.
    /// </param>
    /// <exception cref="InvalidOperationException">The weights have no classifier.</exception>
    public Tensor Logits(Tensor features, bool bias = false)
    {
        if (_classifier is null || _bias is null)
        {
            throw new InvalidOperationException("These weights of Inception-v3 have no classifier (fc), so there are no logits; use the whole network's.");
        }

        var logits = _classifier.Forward(features);
        return bias ? logits : logits - _bias;
    }

    /// <summary>Gives back what was computed of its weights; the weights are the tree's.</summary>
    public void Dispose()
    {
        foreach (var part in (IEnumerable<IDisposable>)[.. _stem, .. _middle, .. _last])
        {
            part.Dispose();
        }
    }

    private static Tensor Pool(Tensor x) => x.MaxPool2d([3, 3], [2, 2]);

    private Tensor Run(int first, int end, Tensor x)
    {
        for (var i = first; i < end; i++)
        {
            x = _stem[i].Forward(x);
        }

        return x;
    }
}
