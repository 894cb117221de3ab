namespace Pagoda.Models.Clip;

/// <summary>
/// Multiply-adds of a network, counted from its architecture: those of matrix products and convolutions, as they are
/// executed (the last block of a tower computes only the states that leave it). Elementwise work is not counted.
/// </summary>
/// <param name="Linear">Products of states with weights.</param>
/// <param name="Attention">Products of states with states.</param>
public readonly record struct OperationCount(double Linear, double Attention)
{
    /// <summary>The sum of two networks' counts.</summary>
    public static OperationCount operator +(OperationCount left, OperationCount right) => new(left.Linear + right.Linear, left.Attention + right.Attention);

    /// <summary>Several times a count.</summary>
    public static OperationCount operator *(OperationCount count, double times) => new(count.Linear * times, count.Attention * times);

    /// <summary>Floating-point operations of the forward pass.</summary>
    public double Forward => 2 * (Linear + Attention);

    /// <summary>Those of the backward pass to the input: a product with a weight has one gradient then, one of two states has two.</summary>
    public double BackwardToInput => 2 * (Linear + (2 * Attention));

    /// <summary>Those of the backward pass to the input and to the weights.</summary>
    public double Backward => 2 * ((2 * Linear) + (2 * Attention));

    /// <summary>One picture through an image tower, or null when this kind is not counted.</summary>
    public static OperationCount? Image(ClipConfig config) => config.Vision.Architecture switch
    {
        VisionArchitecture.ViT => ViT(config.Vision, config.EmbedDim),
        VisionArchitecture.Residual => Residual(config.Vision, config.EmbedDim),
        VisionArchitecture.ConvNeXt => ConvNeXt(config.Vision, config.EmbedDim),
        _ => null,
    };

    /// <summary>One text of a length, in tokens up to the end token of the longest in its batch.</summary>
    public static OperationCount Text(ClipConfig config, int length)
    {
        var text = config.Text;
        return Blocks(text.Width, text.Layers, length, mlpRatio: 4) + new OperationCount((double)text.Width * config.EmbedDim, 0);
    }

    private static OperationCount ViT(VisionConfig vision, int embedDim)
    {
        double width = vision.Width[0], grid = vision.ImageSize / vision.PatchSize;
        var patches = grid * grid * 3 * vision.PatchSize * vision.PatchSize * width;
        return Blocks(width, vision.Layers[0], (grid * grid) + 1, vision.MlpRatio) + new OperationCount(patches + (width * embedDim), 0);
    }

    private static OperationCount Blocks(double width, int layers, double length, double mlpRatio)
    {
        var mlp = 2 * mlpRatio * width * width;
        var whole = new OperationCount(length * ((4 * width * width) + mlp), 2 * length * length * width);
        // One state asks: keys and values of all, the rest for one.
        var last = new OperationCount((length * 2 * width * width) + (2 * width * width) + mlp, 2 * length * width);
        return (whole * (layers - 1)) + last;
    }

    private static OperationCount ConvNeXt(VisionConfig vision, int embedDim)
    {
        double side = vision.ImageSize / 4, linear = side * side * 4 * 4 * 3 * vision.Width[0];
        for (var stage = 0; stage < vision.Width.Length; stage++)
        {
            double width = vision.Width[stage];
            if (stage > 0)
            {
                side /= 2;
                linear += side * side * 2 * 2 * vision.Width[stage - 1] * width;
            }

            linear += vision.Layers[stage] * side * side * ((7 * 7 * width) + (2 * 4 * width * width));
        }

        var head = vision.Projection == ConvNeXtProjection.Mlp ? 2 * embedDim * (double)(vision.Width[^1] + embedDim) : (double)vision.Width[^1] * embedDim;
        return new OperationCount(linear + head, 0);
    }

    private static OperationCount Residual(VisionConfig vision, int embedDim)
    {
        double side = vision.ImageSize / 2, linear = side * side * 4 * 4 * 3 * vision.Width[0];
        for (var stage = 0; stage < vision.Width.Length; stage++)
        {
            double width = vision.Width[stage];
            if (stage > 0)
            {
                side /= 2;
                linear += side * side * 2 * 2 * vision.Width[stage - 1] * width;
            }

            linear += vision.Layers[stage] * 2 * side * side * 3 * 3 * width * width;
        }

        return new OperationCount(linear + ((double)vision.Width[^1] * embedDim), 0);
    }
}
