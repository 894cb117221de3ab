using Pagoda.Torch;

namespace Pagoda.Evaluation;

/// <summary>What of the generated pictures looks real, and what of the real ones can be generated.</summary>
/// <param name="Precision">Share of generated samples within the real set's manifold, 0 to 1.</param>
/// <param name="Recall">Share of real samples within the generated set's manifold, 0 to 1.</param>
public sealed record PrecisionRecall(double Precision, double Recall);

/// <summary>
/// Improved precision and recall (Kynkäänniemi et al. 2019, arXiv 1904.06991, section 2): a set's manifold is the union of balls around
/// its samples, each reaching to the sample's k-th nearest neighbour of the set. The paper takes VGG-16's features of 50,000 and 50,000
/// pictures with k = 3; with other features or numbers values compare only with each other.
/// </summary>
public static class SampleManifold
{
    private const int Block = 1024;

    // torch.cdist's own number for "not through a product": differences of near points keep their digits.
    private const long Differences = 2;

    /// <summary>Compares two sets.</summary>
    /// <param name="real"><c>[N, D]</c>, more than <paramref name="neighbours"/> rows.</param>
    /// <param name="generated"><c>[M, D]</c>, more than <paramref name="neighbours"/> rows, on the same device.</param>
    /// <param name="neighbours">k.</param>
    /// <exception cref="ArgumentException">The widths differ, or a set has too few samples.</exception>
    public static PrecisionRecall Compare(Tensor real, Tensor generated, int neighbours = 3)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(neighbours, 1);
        if (real.Dimensions != 2 || generated.Dimensions != 2 || real.Size(1) != generated.Size(1) || Math.Min(real.Size(0), generated.Size(0)) <= neighbours)
        {
            throw new ArgumentException($"Precision and recall with {neighbours} neighbour(s) take features [N, D] and [M, D] with more rows than that, not {real} and {generated}.", nameof(generated));
        }

        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        return new PrecisionRecall(Share(generated, real, neighbours), Share(real, generated, neighbours));
    }

    /// <summary>The share of points within a set's manifold.</summary>
    private static double Share(Tensor points, Tensor set, int neighbours)
    {
        // A sample is its own nearest, at 0: the k-th other is at place k.
        var radii = Ops.Cat([.. Blocks(set).Select(rows => rows.Cdist(set, 2, Differences).Topk(neighbours + 1, -1, largest: false).Item1.Narrow(1, neighbours, 1))], 0).T();
        var within = 0.0;
        foreach (var rows in Blocks(points))
        {
            using var scope = new TensorScope();
            within += (rows.Cdist(set, 2, Differences) - radii).Amin([1]).Le(0).Sum().ToDouble();
        }

        return within / points.Size(0);
    }

    private static Tensor[] Blocks(Tensor rows) => rows.Split(Block);
}
