using Pagoda.Torch;

namespace Pagoda.Models.Lpips;

/// <summary>
/// The learned perceptual distance of pictures: differences of VGG-16's normalised features, weighted by channel
/// (arXiv 1801.03924, equation 1; CompVis/taming-transformers: taming/modules/losses/lpips.py). Its weights stay frozen;
/// gradients reach the pictures.
/// </summary>
public sealed class LpipsDistance
{
    private const double Epsilon = 1e-10;
    private readonly Tensor _shift;
    private readonly Tensor _scale;
    private readonly Tensor[] _weights;

    /// <summary>Builds the network.</summary>
    /// <param name="weights">A tree with <c>net.sliceS.N</c> and <c>linS.model.1.weight</c>.</param>
    public LpipsDistance(Weights weights)
    {
        Weights = weights;
        Network = new Vgg16(weights["net"]);
        _weights = [.. Network.Widths.Select((width, slice) => weights[$"lin{slice}"]["model"][1].Buffer("weight", [1, width, 1, 1], Initializer.Constant(1.0 / width)))];
        // The mean and deviation of ImageNet, for pictures in [-1, 1]; checkpoints keep them too.
        weights.Ignore("scaling_layer.shift");
        weights.Ignore("scaling_layer.scale");
        using var unowned = TensorScope.Unowned();
        using var shift = Tensor.From([-0.030f, -0.088f, -0.188f], 1, 3, 1, 1);
        using var scale = Tensor.From([0.458f, 0.448f, 0.450f], 1, 3, 1, 1);
        _shift = shift.To(device: _weights[0].Device, dtype: ScalarType.Float32, copy: true);
        _scale = scale.To(device: _weights[0].Device, dtype: ScalarType.Float32, copy: true);
    }

    /// <summary>Its weights.</summary>
    public Weights Weights { get; }

    /// <summary>The features that are compared.</summary>
    public Vgg16 Network { get; }

    /// <summary>The five maps of pictures <c>[N, 3, H, W]</c> in [-1, 1].</summary>
    public Tensor[] Features(Tensor images) => Network.Forward((images - _shift) / _scale);

    /// <summary>The distances of two batches <c>[N, 3, H, W]</c> in [-1, 1]: <c>[N, 1, 1, 1]</c>, 0 for equal pictures.</summary>
    public Tensor Forward(Tensor left, Tensor right) => Compare(Features(left), Features(right));

    /// <summary>The distances from <see cref="Features"/>, for pictures that are compared more than once: <c>[N, 1, 1, 1]</c>.</summary>
    /// <param name="one">The five maps of the pictures on one side.</param>
    /// <param name="other">The five maps of those on the other.</param>
    public Tensor Compare(Tensor[] one, Tensor[] other)
    {
        Tensor? sum = null;
        for (var slice = 0; slice < one.Length; slice++)
        {
            var difference = Normalize(one[slice]) - Normalize(other[slice]);
            var mean = (difference.Square() * _weights[slice]).Sum([1], keepdim: true).Mean([2, 3], keepdim: true);
            sum = sum is null ? mean : sum + mean;
        }

        return sum!;
    }

    /// <summary>
    /// Divides the channels of each place by their length. Where all are zero, as on a plain ground, this norm's gradient
    /// is zero, and that of a square root of a sum would be no number.
    /// </summary>
    private static Tensor Normalize(Tensor map) => map / (map.LinalgVectorNorm(2, [1], keepdim: true) + Epsilon);
}
