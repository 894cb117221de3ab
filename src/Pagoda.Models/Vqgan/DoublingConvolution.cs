using Pagoda.Torch;

namespace Pagoda.Models.Vqgan;

/// <summary>
/// Nearest-neighbour doubling and a 3 x 3 convolution. Every pixel of the doubled map sees at most 2 x 2 pixels of the
/// small one, so that four 2 x 2 convolutions of the small map, one for each parity of row and column, give the same
/// with 4/9 of the operations (arXiv 1609.07009, section 3). On graphics processors the plain way is as fast.
/// </summary>
internal sealed class DoublingConvolution
{
    private readonly Tensor _weight;
    private readonly Tensor _bias;

    public DoublingConvolution(Weights weights, int width)
    {
        _weight = weights.Parameter("weight", [width, width, 3, 3], Initializer.FanIn);
        _bias = weights.Parameter("bias", [width], Initializer.Zeros);
    }

    /// <summary><c>[N, C, H, W]</c> to <c>[N, C, 2H, 2W]</c>.</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = new TensorScope();
        return scope.Keep(x.Device.Type == DeviceType.Cpu ? ByParity(x) : Plain(x));
    }

    private Tensor Plain(Tensor x) => x.UpsampleNearest2d([2 * x.Size(2), 2 * x.Size(3)]).Conv2d(_weight, _bias, [1, 1], [1, 1], [1, 1], 1);

    private Tensor ByParity(Tensor x)
    {
        long n = x.Size(0), width = _weight.Size(0), h = x.Size(2), w = x.Size(3);
        if (GradMode.IsEnabled)
        {
            var rows = new Tensor[2];
            for (var row = 0; row < 2; row++)
            {
                rows[row] = Ops.Stack([Part(x, row, 0), Part(x, row, 1)], -1); // [N, C, H, W, 2]
            }

            return Ops.Stack(rows, 3).View([n, width, 2 * h, 2 * w]);
        }

        Tensor? doubled = null;
        for (var parity = 0; parity < 4; parity++)
        {
            using var part = Part(x, parity >> 1, parity & 1);
            doubled ??= Ops.Empty([n, width, h, 2, w, 2], part.Type, part.Device);
            doubled.Select(5, parity & 1).Select(3, parity >> 1).Copy_(part);
        }

        return doubled!.View([n, width, 2 * h, 2 * w]);
    }

    /// <summary>The pixels of one parity: <c>[N, C, H, W]</c>.</summary>
    private Tensor Part(Tensor x, int row, int column)
    {
        using var scope = new TensorScope();
        var kernel = Fold(Fold(_weight, 2, row), 3, column);
        var padded = x.Conv2d(kernel, _bias, [1, 1], [1, 1], [1, 1], 1); // [N, C, H + 1, W + 1]
        return scope.Keep(padded.Narrow(2, row, x.Size(2)).Narrow(3, column, x.Size(3)));
    }

    /// <summary>Three taps on a doubled line are two on the line itself: an even place sees a, b + c of it; an odd one a + b, c.</summary>
    private static Tensor Fold(Tensor kernel, int dimension, int parity)
    {
        var (first, middle, last) = (kernel.Narrow(dimension, 0, 1), kernel.Narrow(dimension, 1, 1), kernel.Narrow(dimension, 2, 1));
        return Ops.Cat(parity == 0 ? [first, middle + last] : [first + middle, last], dimension);
    }
}
