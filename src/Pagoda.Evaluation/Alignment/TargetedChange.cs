using Pagoda.Torch;
using Pagoda.Training.Attacks;

namespace Pagoda.Evaluation.Alignment;

/// <summary>
/// What becomes of pictures when a model's own gradient changes them towards another class, told by someone else. Robust classifiers' gradients make what a
/// person takes for the other class (Tsipras et al. 2019, arXiv 1805.12152; Santurkar et al. 2019, arXiv 1906.09453; Kaur et al. 2019, arXiv 1910.08640), other
/// models' only what they take for it themselves. The person is a judge here: a network that had no part in the gradient.
/// </summary>
/// <param name="Judged">Whether the judge takes a changed picture for its target.</param>
/// <param name="Own">Whether the model itself does; a control, since most models can be made to.</param>
/// <param name="Random">Whether the judge takes the picture for its target after a random step of the same length; a control.</param>
/// <param name="Real">Whether the judge sorts the unchanged picture rightly: how far it can be trusted.</param>
public sealed record TargetedChange(bool[] Judged, bool[] Own, bool[] Random, bool[] Real)
{
    /// <summary>Another class for each picture, each as likely.</summary>
    /// <param name="labels">The pictures' own classes.</param>
    /// <param name="classes">How many there are, 2 or more.</param>
    /// <param name="seed">Of the draw.</param>
    public static long[] Targets(IReadOnlyList<int> labels, int classes, ulong seed)
    {
        using var scope = new TensorScope();
        using var generator = new Generator(seed);
        var steps = Ops.Randint(1, classes, [labels.Count], generator).ToArray<long>();
        return [.. labels.Zip(steps, (label, step) => (label + step) % classes)];
    }

    /// <summary>Changes pictures and lets them be judged.</summary>
    /// <param name="model">From pictures <c>[N, 3, S, S]</c> to the cosines with all classes, <c>[N, C]</c>, differentiable.</param>
    /// <param name="judge">The judge's cosines.</param>
    /// <param name="images"><c>[N, 3, S, S]</c> in [0, 1].</param>
    /// <param name="labels">Their classes.</param>
    /// <param name="targets">What they are to become.</param>
    /// <param name="change">How far, in L2, and in how many steps; the model's cosine with the target goes up.</param>
    /// <param name="seed">Of the random steps.</param>
    /// <param name="atOnce">Pictures in a batch.</param>
    /// <param name="progress">Takes the number of pictures done, after each batch.</param>
    /// <param name="cancellation">Ends it between steps.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TargetedChange Of(
        Func<Tensor, Tensor> model, Func<Tensor, Tensor> judge, Tensor images, IReadOnlyList<int> labels, IReadOnlyList<long> targets, AttackOptions change, ulong seed, int atOnce = 50, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        using var scope = new TensorScope();
        using var generator = new Generator(seed);
        var ascent = new ProjectedGradient(change with { Norm = AttackNorm.L2, RandomStart = false });
        // One step as long as the radius goes to the edge in a random direction.
        var once = new ProjectedGradient(new AttackOptions { Norm = AttackNorm.L2, Radius = change.Radius, StepSize = change.Radius, Steps = 1 });
        var (judged, own, random, real) = (new List<bool>(), new List<bool>(), new List<bool>(), new List<bool>());
        for (var at = 0; at < labels.Count; at += atOnce)
        {
            using var part = new TensorScope();
            var count = Math.Min(atOnce, labels.Count - at);
            var (before, goal) = (images.Narrow(0, at, count), targets.Skip(at).Take(count).ToArray());
            var rows = Tensor.From(goal).Unsqueeze(1).To(device: images.Device);
            var after = ascent.Perturb(before, x =>
            {
                cancellation.ThrowIfCancellationRequested();
                return model(x).Gather(1, rows).Sum();
            });
            var noise = Ops.Randn(before.Shape, generator).To(device: images.Device);
            judged.AddRange(Seen(judge, after, goal));
            own.AddRange(Seen(model, after, goal));
            random.AddRange(Seen(judge, once.Ascend(before, _ => noise), goal));
            real.AddRange(Seen(judge, before, [.. labels.Skip(at).Take(count).Select(label => (long)label)]));
            progress?.Invoke(judged.Count);
        }

        return new TargetedChange([.. judged], [.. own], [.. random], [.. real]);
    }

    private static IEnumerable<bool> Seen(Func<Tensor, Tensor> by, Tensor images, long[] classes)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        return by(images).Argmax(1).ToArray<long>().Zip(classes, (seen, wanted) => seen == wanted).ToArray();
    }
}
