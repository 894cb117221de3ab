using Pagoda.Torch;
using Pagoda.Training.Attacks;

namespace Pagoda.Evaluation.Robustness;

/// <summary>
/// The share of pictures that a classifier sorts rightly as they are, under projected gradient ascent of the cross-entropy (Madry et al. 2018, arXiv 1706.06083), and under a
/// <see cref="StrongAttack"/> within the same radius.
/// </summary>
/// <param name="Clean">As they are.</param>
/// <param name="Attacked">Under the plain attack.</param>
/// <param name="Strong">Under the strong one: of the pictures that the plain one left right, those that it cannot move over a border either.</param>
public sealed record RobustAccuracy(Interval Clean, Interval Attacked, Interval Strong)
{
    /// <summary>Measures a classifier.</summary>
    /// <param name="logits">From pictures <c>[N, 3, S, S]</c> in [0, 1] to <c>[N, C]</c>, differentiable.</param>
    /// <param name="images"><c>[N, 3, S, S]</c> in [0, 1], N at least 1.</param>
    /// <param name="labels">Classes, <c>[N]</c> of int64 on the pictures' device.</param>
    /// <param name="attack">The plain attack, which starts at the picture itself; its norm and radius are the strong one's too.</param>
    /// <param name="strong">How hard the strong one tries.</param>
    /// <param name="seed">Of random starts, and of the intervals' resampling.</param>
    /// <param name="atOnce">Pictures in a batch.</param>
    /// <param name="progress">Takes the number of pictures done, after each batch.</param>
    /// <param name="cancellation">Ends it between steps.</param>
    /// <exception cref="ArgumentException">Pictures and labels are not as many, or an option is out of range.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static RobustAccuracy Of(
        Func<Tensor, Tensor> logits, Tensor images, Tensor labels, AttackOptions attack, StrongAttack strong, ulong seed, int atOnce = 50, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        var count = images.Size(0);
        if (count == 0 || labels.Size(0) != count)
        {
            throw new ArgumentException($"{count} pictures have {labels.Size(0)} labels; give each one, and at least one picture.", nameof(labels));
        }

        using var scope = new TensorScope();
        using var generator = new Generator(seed);
        var (clean, attacked, survived) = (new List<bool>(), new List<bool>(), new List<bool>());
        var ascent = new ProjectedGradient(attack with { RandomStart = false });
        for (long at = 0; at < count; at += atOnce)
        {
            cancellation.ThrowIfCancellationRequested();
            using var part = new TensorScope();
            var (own, of) = (images.Narrow(0, at, Math.Min(atOnce, count - at)), labels.Narrow(0, at, Math.Min(atOnce, count - at)));
            clean.AddRange(Hits(logits, own, of));
            var moved = ascent.Perturb(own, x =>
            {
                cancellation.ThrowIfCancellationRequested();
                return logits(x).CrossEntropyLoss(of);
            });
            // A picture that is wrong already needs no attack.
            var held = Hits(logits, moved, of).Zip(clean[(int)at..], (hit, before) => hit && before).ToArray();
            attacked.AddRange(held);
            survived.AddRange(strong.Survivors(logits, own, of, attack.Norm, attack.Radius, held, generator, cancellation));
            progress?.Invoke(clean.Count);
        }

        return new RobustAccuracy(Share(clean), Share(attacked), Share(survived));

        Interval Share(List<bool> hits) => Bootstrap.Share(hits.ToArray(), seed);
    }

    private static bool[] Hits(Func<Tensor, Tensor> logits, Tensor images, Tensor labels)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        return logits(images).Argmax(1).Eq(labels).ToArray<bool>();
    }
}
