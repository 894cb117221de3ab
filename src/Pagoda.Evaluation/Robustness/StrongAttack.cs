using Pagoda.Torch;
using Pagoda.Training.Attacks;

namespace Pagoda.Evaluation.Robustness;

/// <summary>
/// Projected gradient ascent that is hard to fool: several restarts, long steps that become short, and in turn the margin between the best wrong class and the right one (Carlini and
/// Wagner 2017, arXiv 1608.04644), whose gradient does not vanish where a classifier is sure, and the cross-entropy. A picture is lost as soon as any place that an
/// attack passes is sorted wrongly. It has the ideas of APGD (Croce and Hein 2020, arXiv 2003.01690), not its step rule, so that numbers are not AutoAttack's.
/// </summary>
public sealed record StrongAttack
{
    // The first step's share of the radius, and the last's.
    private const double First = 0.6;
    private const double Last = 0.02;

    /// <summary>How often it begins anew: first at the picture itself, then at random places within the radius.</summary>
    public int Restarts { get; init; } = 4;

    /// <summary>Steps of each.</summary>
    public int Steps { get; init; } = 40;

    /// <summary>Which pictures no attack moves over a border.</summary>
    /// <param name="logits">From pictures to <c>[N, C]</c>, C at least 2.</param>
    /// <param name="images"><c>[N, 3, S, S]</c> in [0, 1]; not changed.</param>
    /// <param name="labels"><c>[N]</c> of int64.</param>
    /// <param name="norm">How distance is measured.</param>
    /// <param name="radius">How far pictures may move, in pixels of [0, 1].</param>
    /// <param name="held">Which of them are worth attacking; the others are lost already.</param>
    /// <param name="generator">Where random starts are drawn.</param>
    /// <param name="cancellation">Ends it between steps.</param>
    /// <returns>One for each picture.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public bool[] Survivors(
        Func<Tensor, Tensor> logits, Tensor images, Tensor labels, AttackNorm norm, double radius, IReadOnlyList<bool> held, Generator generator, CancellationToken cancellation = default)
    {
        if (Restarts < 1 || Steps < 1)
        {
            throw new ArgumentException($"An attack of {Restarts} restarts and {Steps} steps is none; give 1 or more of each.");
        }

        var survives = held.ToArray();
        for (var restart = 0; restart < Restarts; restart++)
        {
            // Those that are lost already cost nothing more.
            long[] left = [.. Enumerable.Range(0, survives.Length).Where(i => survives[i]).Select(i => (long)i)];
            if (left.Length == 0)
            {
                break;
            }

            using var scope = new TensorScope();
            var rows = Tensor.From(left, left.Length).To(device: images.Device);
            var lost = Attack(logits, images.IndexSelect(0, rows), labels.IndexSelect(0, rows), norm, radius, restart, generator, cancellation);
            for (var i = 0; i < left.Length; i++)
            {
                survives[left[i]] = !lost[i];
            }
        }

        return survives;
    }

    private bool[] Attack(Func<Tensor, Tensor> logits, Tensor images, Tensor labels, AttackNorm norm, double radius, int restart, Generator generator, CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        var original = images.Detach().To(ScalarType.Float32);
        var wrong = new bool[images.Size(0)];
        var x = restart == 0 ? original : new ProjectedGradient(new AttackOptions { Norm = norm, Radius = radius, Steps = 0 }).Ascend(original, at => at, Ops.Rand(original.Shape, generator, ScalarType.Float32).To(device: original.Device) - 0.5);
        for (var step = 0; step <= Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var inner = new TensorScope();
            using var recording = GradMode.Enable();
            var leaf = x.Detach().WithGrad();
            var seen = logits(leaf);
            var right = seen.Detach().Argmax(1).Eq(labels).ToArray<bool>();
            for (var i = 0; i < wrong.Length; i++)
            {
                wrong[i] |= !right[i];
            }

            if (step == Steps || wrong.All(one => one))
            {
                break;
            }

            var gradient = Autograd.Grad(restart % 2 == 0 ? Margin(seen, labels) : seen.CrossEntropyLoss(labels), leaf);
            var share = Last + ((First - Last) * (1 + Math.Cos(Math.PI * step / Steps)) / 2);
            x = inner.Keep(new ProjectedGradient(new AttackOptions { Norm = norm, Radius = radius, StepSize = share * radius }).Step(original, x, gradient));
        }

        return wrong;
    }

    /// <summary>By how much the best wrong class is above the right one, summed.</summary>
    private static Tensor Margin(Tensor logits, Tensor labels)
    {
        var right = logits.Gather(1, labels.Unsqueeze(1));
        var classes = Ops.Arange(logits.Size(1), dtype: ScalarType.Int64, device: logits.Device);
        return (logits.MaskedFill(classes.Unsqueeze(0).Eq(labels.Unsqueeze(1)), double.NegativeInfinity).Amax([1], keepdim: true) - right).Sum();
    }
}
