namespace Pagoda.Torch.Layers;

/// <summary>
/// Batch normalisation: each channel is shifted and scaled by statistics gathered in training or, in training, by those
/// of the batch.
/// </summary>
public sealed class BatchNorm2d
{
    private readonly Tensor _weight;
    private readonly Tensor _bias;
    private readonly Tensor _mean;
    private readonly Tensor _variance;
    private readonly Tensor? _batches;
    private readonly double _epsilon;

    /// <summary>Builds the layer.</summary>
    /// <param name="weights">The subtree with <c>weight</c>, <c>bias</c>, <c>running_mean</c> and <c>running_var</c>, all <c>[channels]</c>.</param>
    /// <param name="channels">How many channels.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="initializer">How a new weight is drawn; ones unless given.</param>
    public BatchNorm2d(Weights weights, long channels, double epsilon = 1e-5, Initializer? initializer = null)
    {
        _weight = weights.Parameter("weight", [channels], initializer ?? Initializer.Ones);
        _bias = weights.Parameter("bias", [channels], Initializer.Zeros);
        _mean = weights.Buffer("running_mean", [channels], Initializer.Zeros);
        _variance = weights.Buffer("running_var", [channels], Initializer.Ones);
        _epsilon = epsilon;
        // A counter that evaluation does not need, kept because other programs expect it when the weights are saved again.
        if (weights.Has("num_batches_tracked"))
        {
            _batches = weights.Buffer("num_batches_tracked", weights.ShapeOf("num_batches_tracked")!, Initializer.Zeros);
        }
    }

    /// <summary><c>[N, channels, H, W]</c> to the same shape.</summary>
    /// <param name="x">The input.</param>
    /// <param name="training">
    /// Normalise by the batch's own statistics and let the kept ones follow them (momentum 0.1, unbiased variance, as
    /// torch.nn.BatchNorm2d); else normalise by the kept ones.
    /// </param>
    public Tensor Forward(Tensor x, bool training = false)
    {
        if (training && _batches is not null)
        {
            using var frozen = GradMode.Disable();
            _batches.Add_(1);
        }

        return x.BatchNorm(_weight, _bias, _mean, _variance, training, momentum: training ? 0.1 : 0, _epsilon, cudnnEnabled: true);
    }
}
