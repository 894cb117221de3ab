using Pagoda.Torch;

namespace Pagoda.Generation.Alignment;

/// <summary>
/// How much an input gradient looks like what a person would change: where it is, and how fine. Adversarially trained
/// networks have gradients that follow the objects (Tsipras et al. 2019, arXiv 1805.12152), others' are like noise; these
/// two numbers of our own tell it without a second model.
/// </summary>
/// <param name="Concentration">
/// The share of the gradient's energy (sum of squares) that lies on the objects, over their share of the area: 1 for noise,
/// more when the gradient keeps to the objects. The mean over pictures.
/// </param>
/// <param name="Coarseness">
/// The share of the gradient's energy that is left of its means over squares of 4 x 4 pixels: 1/16 for noise, near 1 for
/// strokes and areas. The mean over pictures.
/// </param>
public sealed record AlignmentScore(double Concentration, double Coarseness)
{
    private const int Block = 4;

    /// <summary>The scores of gradients.</summary>
    /// <param name="gradients"><c>[N, 3, S, S]</c>.</param>
    /// <param name="masks"><c>[N, 1, S, S]</c>, 1 on the objects and 0 elsewhere, with some of both in each.</param>
    public static AlignmentScore Of(Tensor gradients, Tensor masks)
    {
        var each = Each(gradients, masks);
        return new AlignmentScore(each.Average(one => one.Concentration), each.Average(one => one.Coarseness));
    }

    /// <summary>The scores of each gradient by itself.</summary>
    /// <param name="gradients"><c>[N, 3, S, S]</c>.</param>
    /// <param name="masks"><c>[N, 1, S, S]</c>, 1 on the objects and 0 elsewhere, with some of both in each.</param>
    public static IReadOnlyList<AlignmentScore> Each(Tensor gradients, Tensor masks)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var energy = gradients.Square().Sum([1], keepdim: true);
        var total = energy.Sum([1, 2, 3]) + 1e-30;
        var concentration = (energy * masks).Sum([1, 2, 3]) / total / masks.Mean([1, 2, 3]);
        var coarse = gradients.AvgPool2d([Block, Block]).Square().Sum([1, 2, 3]) * (Block * Block) / total;
        return [.. concentration.ToArray<float>().Zip(coarse.ToArray<float>(), (one, other) => new AlignmentScore(one, other))];
    }
}
