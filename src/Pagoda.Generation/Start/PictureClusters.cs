using Pagoda.Torch;

namespace Pagoda.Generation.Start;

/// <summary>Sorts pictures into classes of alike ones by k-means on their pixels, for an <see cref="InitBank"/> of data without labels.</summary>
public static class PictureClusters
{
    private const int Rounds = 20;

    /// <summary>The class of each picture.</summary>
    /// <param name="pictures"><c>[N, 3, S, S]</c> in [0, 1]; compared at <see cref="InitBank.Side"/> pixels.</param>
    /// <param name="classes">How many classes; at most N.</param>
    /// <param name="seed">Draws the first centres.</param>
    /// <returns>N numbers from 0; a class that ends empty has none.</returns>
    /// <exception cref="ArgumentException">There are fewer pictures than classes.</exception>
    public static long[] Sort(Tensor pictures, int classes, ulong seed)
    {
        if (classes < 1 || classes > pictures.Size(0))
        {
            throw new ArgumentException($"{pictures.Size(0)} pictures cannot make {classes} classes.", nameof(classes));
        }

        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        using var generator = new Generator(seed);
        var points = pictures.UpsampleBilinear2dAa([InitBank.Side, InitBank.Side], false).Flatten(1); // [N, D]
        var centres = points.IndexSelect(0, Ops.Randperm(points.Size(0), generator).Narrow(0, 0, classes)); // [K, D]
        var nearest = Nearest(points, centres);
        for (var round = 0; round < Rounds; round++)
        {
            var sums = centres.ZerosLike().IndexAdd_(0, nearest, points);
            var counts = Ops.Zeros([classes], ScalarType.Float32).IndexAdd_(0, nearest, Ops.Ones([points.Size(0)])).Unsqueeze(1);
            // An empty class keeps its centre.
            centres = counts.Gt(0).Where(sums / counts.ClampMin(1), centres);
            nearest = Nearest(points, centres);
        }

        return nearest.ToArray<long>();
    }

    // |p - c|² without |p|², which is the same for all centres.
    private static Tensor Nearest(Tensor points, Tensor centres) =>
        (centres.Square().Sum([1]) - (points.Matmul(centres.T()) * 2)).Argmin(1);
}
