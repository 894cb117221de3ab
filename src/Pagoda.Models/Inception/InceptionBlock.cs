using Pagoda.Torch;

namespace Pagoda.Models.Inception;

/// <summary>
/// A block of Inception-v3 (arXiv 1512.00567, figures 5 to 7 and 10): branches whose channels are joined. Names, widths and the pools
/// are those of the network that FID is measured with (mseitzer/pytorch-fid: src/pytorch_fid/inception.py), which differs from
/// torchvision's: average pools do not count the padding, and the last block has a maximum in place of an average.
/// </summary>
public sealed class InceptionBlock : IDisposable
{
    private readonly List<Func<Tensor, Tensor>> _branches = [];
    private readonly List<InceptionUnit> _units = [];
    private readonly Weights _weights;
    private readonly long _inputs;

    private InceptionBlock(Weights weights, long inputs) => (_weights, _inputs) = (weights, inputs);

    /// <summary>Channels out.</summary>
    public long Outputs { get; private set; }

    /// <summary>1 x 1, 5 x 5, two 3 x 3 and a pool, of the same size: <c>Mixed_5b</c> to <c>5d</c>.</summary>
    /// <param name="weights">Its subtree.</param>
    /// <param name="inputs">Channels in.</param>
    /// <param name="pooled">Channels of the pooled branch in the published network.</param>
    public static InceptionBlock A(Weights weights, long inputs, long pooled)
    {
        var block = new InceptionBlock(weights, inputs);
        block.Branch(("branch1x1", 64, 1, 1));
        block.Branch(("branch5x5_1", 48, 1, 1), ("branch5x5_2", 64, 5, 5));
        block.Branch(("branch3x3dbl_1", 64, 1, 1), ("branch3x3dbl_2", 96, 3, 3), ("branch3x3dbl_3", 96, 3, 3));
        block.Pooled(Average, pooled);
        return block;
    }

    /// <summary>Half the size: <c>Mixed_6a</c>.</summary>
    /// <param name="weights">Its subtree.</param>
    /// <param name="inputs">Channels in.</param>
    public static InceptionBlock B(Weights weights, long inputs)
    {
        var block = new InceptionBlock(weights, inputs);
        block.Halving(("branch3x3", 384, 3, 3));
        block.Halving(("branch3x3dbl_1", 64, 1, 1), ("branch3x3dbl_2", 96, 3, 3), ("branch3x3dbl_3", 96, 3, 3));
        block.Halved();
        return block;
    }

    /// <summary>7 x 7 taken apart into rows and columns: <c>Mixed_6b</c> to <c>6e</c>.</summary>
    /// <param name="weights">Its subtree.</param>
    /// <param name="inputs">Channels in.</param>
    /// <param name="inner">Channels between the parts of the 7 x 7 in the published network.</param>
    public static InceptionBlock C(Weights weights, long inputs, long inner)
    {
        var block = new InceptionBlock(weights, inputs);
        block.Branch(("branch1x1", 192, 1, 1));
        block.Branch(("branch7x7_1", inner, 1, 1), ("branch7x7_2", inner, 1, 7), ("branch7x7_3", 192, 7, 1));
        block.Branch(("branch7x7dbl_1", inner, 1, 1), ("branch7x7dbl_2", inner, 7, 1), ("branch7x7dbl_3", inner, 1, 7), ("branch7x7dbl_4", inner, 7, 1), ("branch7x7dbl_5", 192, 1, 7));
        block.Pooled(Average, 192);
        return block;
    }

    /// <summary>Half the size: <c>Mixed_7a</c>.</summary>
    /// <param name="weights">Its subtree.</param>
    /// <param name="inputs">Channels in.</param>
    public static InceptionBlock D(Weights weights, long inputs)
    {
        var block = new InceptionBlock(weights, inputs);
        block.Halving(("branch3x3_1", 192, 1, 1), ("branch3x3_2", 320, 3, 3));
        block.Halving(("branch7x7x3_1", 192, 1, 1), ("branch7x7x3_2", 192, 1, 7), ("branch7x7x3_3", 192, 7, 1), ("branch7x7x3_4", 192, 3, 3));
        block.Halved();
        return block;
    }

    /// <summary>Wide, its 3 x 3 as a row and a column side by side: <c>Mixed_7b</c>, and with a maximum for the average <c>Mixed_7c</c>.</summary>
    /// <param name="weights">Its subtree.</param>
    /// <param name="inputs">Channels in.</param>
    /// <param name="maximum">Whether its pool takes the maximum.</param>
    public static InceptionBlock E(Weights weights, long inputs, bool maximum)
    {
        var block = new InceptionBlock(weights, inputs);
        block.Branch(("branch1x1", 320, 1, 1));
        block.Forked(["branch3x3_2a", "branch3x3_2b"], ("branch3x3_1", 384, 1, 1));
        block.Forked(["branch3x3dbl_3a", "branch3x3dbl_3b"], ("branch3x3dbl_1", 448, 1, 1), ("branch3x3dbl_2", 384, 3, 3));
        block.Pooled(maximum ? x => x.MaxPool2d([3, 3], [1, 1], [1, 1]) : Average, 192);
        return block;
    }

    /// <summary><c>[N, inputs, H, W]</c> to <c>[N, Outputs, H', W']</c>.</summary>
    public Tensor Forward(Tensor x) => Ops.Cat([.. _branches.Select(branch => branch(x))], 1);

    /// <summary>Gives back what was computed of its weights; the weights are the tree's.</summary>
    public void Dispose() => _units.ForEach(unit => unit.Dispose());

    private static Tensor Average(Tensor x) => x.AvgPool2d([3, 3], [1, 1], [1, 1], ceilMode: false, countIncludePad: false);

    private void Branch(params (string Name, long Outputs, long Height, long Width)[] steps) => Join(Chain(_inputs, halving: false, steps));

    /// <summary>The last step, without padding, goes two pixels at a time.</summary>
    private void Halving(params (string Name, long Outputs, long Height, long Width)[] steps) => Join(Chain(_inputs, halving: true, steps));

    private void Halved()
    {
        Outputs += _inputs;
        _branches.Add(x => x.MaxPool2d([3, 3], [2, 2]));
    }

    private void Pooled(Func<Tensor, Tensor> pool, long outputs)
    {
        var unit = Unit("branch_pool", _inputs, outputs, 1, 1);
        Outputs += unit.Outputs;
        _branches.Add(x => unit.Forward(pool(x)));
    }

    private void Forked(string[] names, params (string Name, long Outputs, long Height, long Width)[] steps)
    {
        var stem = Chain(_inputs, halving: false, steps);
        var row = Unit(names[0], stem[^1].Outputs, 384, 1, 3);
        var column = Unit(names[1], stem[^1].Outputs, 384, 3, 1);
        Outputs += row.Outputs + column.Outputs;
        _branches.Add(x =>
        {
            var inner = Run(stem, x);
            return Ops.Cat([row.Forward(inner), column.Forward(inner)], 1);
        });
    }

    private void Join(InceptionUnit[] chain)
    {
        Outputs += chain[^1].Outputs;
        _branches.Add(x => Run(chain, x));
    }

    private InceptionUnit[] Chain(long inputs, bool halving, (string Name, long Outputs, long Height, long Width)[] steps)
    {
        var units = new InceptionUnit[steps.Length];
        for (var i = 0; i < units.Length; i++)
        {
            var last = halving && i == units.Length - 1;
            units[i] = Unit(steps[i].Name, inputs, steps[i].Outputs, steps[i].Height, steps[i].Width, last ? 2 : 1, padded: !last);
            inputs = units[i].Outputs;
        }

        return units;
    }

    private InceptionUnit Unit(string name, long inputs, long outputs, long height, long width, long stride = 1, bool padded = true)
    {
        var unit = new InceptionUnit(_weights[name], inputs, outputs, height, width, stride, padded);
        _units.Add(unit);
        return unit;
    }

    private static Tensor Run(InceptionUnit[] chain, Tensor x) => chain.Aggregate(x, (value, unit) => unit.Forward(value));
}
