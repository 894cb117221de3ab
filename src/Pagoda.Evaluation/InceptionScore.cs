using Pagoda.Torch;

namespace Pagoda.Evaluation;

/// <summary>
/// The Inception Score (Salimans et al. 2016, arXiv 1606.03498, section 4): exp of the mean divergence of a picture's classes from the
/// classes of all. From 1 (all alike) to the number of classes; higher is better. It never looks at real pictures.
/// </summary>
public static class InceptionScore
{
    /// <summary>Measures the score.</summary>
    /// <param name="logits"><c>[N, classes]</c> before the softmax, in the pictures' order.</param>
    /// <param name="splits">
    /// Parts of N / splits pictures, each scored for itself; pictures left over are dropped. Papers take 10 parts of 50,000 pictures;
    /// CogView's text-to-image numbers take 1.
    /// </param>
    /// <returns>Mean over the parts and the population deviation between them.</returns>
    /// <exception cref="ArgumentException">There are fewer pictures than parts.</exception>
    public static Spread Of(Tensor logits, int splits = 10)
    {
        if (logits.Dimensions != 2 || splits < 1 || logits.Size(0) < splits)
        {
            throw new ArgumentException($"An Inception Score in {splits} part(s) takes logits [N, classes] with at least a picture for each part, not {logits}.", nameof(logits));
        }

        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        var logs = logits.Detach().To(device: Device.Cpu).To(ScalarType.Float64).LogSoftmax(-1);
        var size = logs.Size(0) / splits;
        return Spread.Of([.. Enumerable.Range(0, splits).Select(part => Score(logs.Narrow(0, part * size, size)))]);
    }

    private static double Score(Tensor logs)
    {
        // The logarithm of the mean by logsumexp: classes that nobody has are not 0 times infinity.
        var all = logs.Logsumexp([0], keepdim: true) - Math.Log(logs.Size(0));
        return Math.Exp((logs.Exp() * (logs - all)).Sum([1]).Mean().ToDouble());
    }
}
