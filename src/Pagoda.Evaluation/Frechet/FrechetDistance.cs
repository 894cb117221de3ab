using Pagoda.Torch;

namespace Pagoda.Evaluation.Frechet;

/// <summary>
/// The Fréchet distance between two normal distributions (Dowson &amp; Landau 1982), which Heusel et al. (2017, arXiv
/// 1706.08500) take between the features of two sets of pictures: |m1 - m2|² + tr(S1 + S2 - 2 (S1 S2)^½).
/// </summary>
public static class FrechetDistance
{
    /// <summary>The distance between the normal distributions with the moments of two sets.</summary>
    public static double Between(FeatureStatistics first, FeatureStatistics second)
    {
        using var scope = new TensorScope();
        return Between(first.Mean(), first.Covariance(), second.Mean(), second.Covariance());
    }

    /// <summary>The distance between two normal distributions.</summary>
    /// <param name="mean1"><c>[D]</c> float64.</param>
    /// <param name="covariance1"><c>[D, D]</c> float64, symmetric; may be singular.</param>
    /// <param name="mean2"><c>[D]</c> float64.</param>
    /// <param name="covariance2"><c>[D, D]</c> float64, symmetric; may be singular.</param>
    public static double Between(Tensor mean1, Tensor covariance1, Tensor mean2, Tensor covariance2)
    {
        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        return Between(mean1, covariance1, Root(covariance1), mean2, covariance2);
    }

    /// <summary>The symmetric square root of a positive semi-definite matrix; eigenvalues that rounding made negative count as 0.</summary>
    /// <param name="matrix"><c>[D, D]</c> float64, symmetric.</param>
    public static Tensor Root(Tensor matrix)
    {
        using var frozen = GradMode.Disable();
        var (values, vectors) = matrix.LinalgEigh();
        return (vectors * values.ClampMin(0).Sqrt()).Matmul(vectors.T());
    }

    /// <summary>The distance where the root of the first covariance is known already.</summary>
    internal static double Between(Tensor mean1, Tensor covariance1, Tensor root1, Tensor mean2, Tensor covariance2)
    {
        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        // (S1 S2)^½ has the trace of (S1^½ S2 S1^½)^½, which is symmetric: no complex numbers, and singular matrices do no harm.
        var product = root1.Matmul(covariance2).Matmul(root1);
        var values = ((product + product.T()) / 2).LinalgEigvalsh();
        var shift = (mean1 - mean2).Square().Sum().ToDouble();
        return shift + covariance1.Diagonal().Sum().ToDouble() + covariance2.Diagonal().Sum().ToDouble() - (2 * values.ClampMin(0).Sqrt().Sum().ToDouble());
    }
}
