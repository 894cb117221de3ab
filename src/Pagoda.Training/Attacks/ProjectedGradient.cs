using Pagoda.Torch;

namespace Pagoda.Training.Attacks;

/// <summary>
/// Projected gradient ascent: moves pictures, within a radius, to where a loss is large (Madry et al. 2018; the steps
/// and projections of MadryLab/robustness: robustness/attack_steps.py, L2Step and LinfStep).
/// </summary>
public sealed class ProjectedGradient
{
    private readonly AttackOptions _options;
    private readonly Generator? _generator;

    /// <summary>Prepares an attack.</summary>
    /// <param name="options">What it may do.</param>
    /// <param name="generator">Where a random start draws from, on the pictures' device; libtorch's own generator if null.</param>
    /// <exception cref="ArgumentException">The options make no attack.</exception>
    public ProjectedGradient(AttackOptions options, Generator? generator = null)
    {
        options.Validate();
        _options = options;
        _generator = generator;
    }

    /// <summary>Pictures near <paramref name="images"/> for which the loss is large.</summary>
    /// <param name="images"><c>[N, 3, H, W]</c> in [0, 1]; not changed.</param>
    /// <param name="loss">
    /// The loss to make large, from pictures to a scalar. Only the gradient of the pictures is computed, none of the
    /// weights, and none is added to their <see cref="Tensor.Grad"/>.
    /// </param>
    /// <returns>float32 <c>[N, 3, H, W]</c> in [0, 1], without a graph.</returns>
    public Tensor Perturb(Tensor images, Func<Tensor, Tensor> loss)
    {
        using var scope = new TensorScope();
        var start = _options.RandomStart ? Ops.EmptyLike(images.Detach(), ScalarType.Float32).Uniform_(-0.5, 0.5, _generator) : null;
        return scope.Keep(Ascend(images, x =>
        {
            using var recording = GradMode.Enable();
            var leaf = x.Detach().WithGrad();
            return Autograd.Grad(loss(leaf), leaf);
        }, start));
    }

    /// <summary>Pictures near <paramref name="images"/>, up a gradient that the caller computes.</summary>
    /// <param name="images"><c>[N, 3, H, W]</c> in [0, 1]; not changed.</param>
    /// <param name="gradient">From pictures to the gradient of the loss to make large, of the same shape.</param>
    /// <param name="start">Where in the ball to begin: uniform numbers in [-0.5, 0.5], of the pictures' shape; null for its middle.</param>
    /// <returns>float32 <c>[N, 3, H, W]</c> in [0, 1], without a graph.</returns>
    public Tensor Ascend(Tensor images, Func<Tensor, Tensor> gradient, Tensor? start = null)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var original = images.Detach().To(ScalarType.Float32);
        var x = start is null ? original : Project(original, _options.Norm == AttackNorm.L2 ? start : start * (2 * _options.Radius));
        for (var i = 0; i < _options.Steps; i++)
        {
            using var step = new TensorScope();
            // The step before's pictures are not needed again; with many steps they would add up.
            var before = x;
            x = step.Keep(Step(original, x, gradient(x)));
            if (!ReferenceEquals(before, original))
            {
                before.Dispose();
            }
        }

        return scope.Keep(ReferenceEquals(x, original) ? original.Clone() : x);
    }

    /// <summary>One step up the gradient, back into the radius and into [0, 1].</summary>
    /// <param name="original">The pictures that were attacked, float32 <c>[N, 3, H, W]</c>.</param>
    /// <param name="x">The pictures so far.</param>
    /// <param name="gradient">The gradient of the loss at <paramref name="x"/>, of any floating-point type.</param>
    public Tensor Step(Tensor original, Tensor x, Tensor gradient)
    {
        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        // In a narrow type the squares of small gradients vanish: norms are taken in float32.
        var g = gradient.Type == ScalarType.Float32 ? gradient : gradient.To(ScalarType.Float32);
        var direction = _options.Norm == AttackNorm.L2 ? g / (Length(g) + 1e-10) : g.Sign();
        return scope.Keep(Project(original, (x - original).Add(direction, _options.StepSize)));
    }

    private Tensor Project(Tensor original, Tensor delta)
    {
        if (_options.Norm == AttackNorm.LInfinity)
        {
            delta = delta.Clamp(-_options.Radius, _options.Radius);
        }
        else
        {
            var length = Length(delta);
            var factor = (length + 1e-7).Reciprocal() * _options.Radius;
            delta = delta * length.Gt(_options.Radius).Where(factor, 1);
        }

        return (original + delta).Clamp(0, 1);
    }

    /// <summary>The L2 norm of each picture, <c>[N, 1, 1, 1]</c>.</summary>
    private static Tensor Length(Tensor images) => images.LinalgVectorNorm(2, [1, 2, 3], keepdim: true);
}
