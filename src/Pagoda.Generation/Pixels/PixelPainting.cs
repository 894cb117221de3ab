using Pagoda.Generation.Augment;
using Pagoda.Generation.Recipes;
using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Torch.Optimizers;

namespace Pagoda.Generation.Pixels;

/// <summary>
/// A picture being painted: pixels that follow the gradient of CLIP's cosine (CLIPAG, arXiv 2306.16805, section 4). It has no
/// randomness of its own: every step is given its draws.
/// </summary>
public sealed class PixelPainting : IDisposable
{
    private readonly ClipModel _model;
    private readonly Tensor _target;
    private readonly Recipe _recipe;
    private readonly PixelUpdate _update;
    private readonly Tensor _pixels;
    private readonly Tensor? _kept;
    private readonly Tensor? _mask;
    private double _bestLoss = double.PositiveInfinity;
    private Tensor? _best;

    /// <summary>Begins a painting.</summary>
    /// <param name="model">Its weights are not touched.</param>
    /// <param name="target">What to paint: <c>[1, embed]</c> of length 1.</param>
    /// <param name="recipe">How.</param>
    /// <param name="start">The picture to begin with, <c>[1, 3, size, size]</c> in [0, 1]; copied.</param>
    /// <param name="mask"><c>[1, 1, size, size]</c>: 1 where the start may change, 0 where it must stay; null for everywhere.</param>
    public PixelPainting(ClipModel model, Tensor target, Recipe recipe, Tensor start, Tensor? mask = null)
    {
        _model = model;
        _recipe = recipe;
        Views = new Views(recipe, model.Config.Vision.ImageSize);
        using var unowned = TensorScope.Unowned();
        using var frozen = GradMode.Disable();
        _target = target.Clone();
        _pixels = start.Clone();
        _kept = mask is null ? null : start.Clone();
        _mask = mask?.Clone();
        _pixels.RequiresGrad = true;
        _update = PixelUpdate.For(recipe, _pixels, model.Config.Vision.ImageSize);
    }

    /// <summary>The views of a step.</summary>
    public Views Views { get; }

    /// <summary>The side of the picture.</summary>
    public int Size => (int)_pixels.Size(3);

    /// <summary>The lowest measured <see cref="PixelMeasurement.ViewLoss"/>.</summary>
    public double BestLoss => _bestLoss;

    /// <summary>The picture as it is now, <c>[1, 3, size, size]</c> in [0, 1], in the current scope.</summary>
    public Tensor Current()
    {
        using var frozen = GradMode.Disable();
        return Shown().Detach().Clone();
    }

    /// <summary>The picture that the recipe's result rule chooses so far, <c>[1, 3, size, size]</c> in [0, 1], in the current scope.</summary>
    public Tensor Result() => _recipe.Result == ResultRule.Last || _best is null ? Current() : _best.Clone();

    /// <summary>Measures the picture through the views of <paramref name="draws"/>, with the gradient of its loss.</summary>
    public PixelMeasurement Measure(ViewDraws draws) => MeasureTogether([this], [draws])[0];

    /// <summary>Measures pictures of one model together: the model sees the views of all in one batch, and each gets what it would get alone.</summary>
    /// <param name="paintings">The pictures; their sizes and recipes may differ.</param>
    /// <param name="draws">Each picture's views.</param>
    /// <exception cref="ArgumentException">There are no pictures, or not as many draws.</exception>
    public static PixelMeasurement[] MeasureTogether(IReadOnlyList<PixelPainting> paintings, IReadOnlyList<ViewDraws> draws)
    {
        if (paintings.Count == 0 || paintings.Count != draws.Count)
        {
            throw new ArgumentException($"{paintings.Count} pictures cannot be measured through {draws.Count} draws of views; give each its own.", nameof(draws));
        }

        using var recorded = GradMode.Enable();
        Tensor[] views = [.. paintings.Select((painting, at) => painting.Views.Apply(painting.Shown(), draws[at]))];
        var features = paintings[0]._model.EncodeImage(views.Length == 1 ? views[0] : Ops.Cat(views));
        var losses = new PixelLoss[paintings.Count];
        long from = 0;
        for (var at = 0; at < losses.Length; at++)
        {
            losses[at] = paintings[at].LossOf(features.Narrow(0, from, views[at].Size(0)), draws[at]);
            from += views[at].Size(0);
        }

        // No picture has a part in another's loss, so that the gradient of the sum is each one's own.
        var sum = losses.Length == 1 ? losses[0].All : Ops.Stack([.. losses.Select(loss => loss.All)]).Sum();
        var gradients = Autograd.Grad(sum, [.. paintings.Select(painting => painting._pixels)]);
        return
        [
            .. losses.Select((loss, at) => new PixelMeasurement
            {
                ViewLoss = loss.Views.Detach(),
                PatchLoss = loss.Patches?.Detach(),
                Loss = loss.All.Detach(),
                Features = loss.Features.Detach(),
                Gradient = gradients[at],
            }),
        ];
    }

    /// <summary>Changes the picture by a measurement's gradient, which is clipped in place, and keeps the best picture.</summary>
    /// <param name="measurement">What <see cref="Measure"/> has just given.</param>
    /// <param name="rate">The share of the recipe's step size to go.</param>
    /// <returns>The measured loss of the views, and whether it is the lowest so far.</returns>
    public (double ViewLoss, bool IsBest) Update(PixelMeasurement measurement, double rate = 1)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var loss = measurement.ViewLoss.ToDouble();
        var isBest = loss < _bestLoss;
        if (isBest)
        {
            _bestLoss = loss;
        }

        if (isBest && _recipe.Result == ResultRule.Best)
        {
            KeepAsBest();
        }

        if (_recipe.GradientLimit > 0)
        {
            Optimizer.ClipNorm([measurement.Gradient], _recipe.GradientLimit);
        }

        _update.Step(measurement.Gradient, rate);
        _pixels.Copy_(_recipe.Threshold > 0 ? DynamicThreshold.Apply(_pixels, _recipe.Threshold) : _pixels.Clamp(0, 1));
        if (isBest && _recipe.Result == ResultRule.AfterBest)
        {
            KeepAsBest();
        }

        return (loss, isBest);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _update.Dispose();
        _target.Dispose();
        _pixels.Dispose();
        _kept?.Dispose();
        _mask?.Dispose();
        _best?.Dispose();
    }

    private PixelLoss LossOf(Tensor features, ViewDraws draws)
    {
        var losses = 1 - (features * _target).Sum([-1]);
        var views = draws.Noise.Size(0);
        var viewLoss = losses.Narrow(0, 0, views).Mean();
        var loss = viewLoss * _recipe.ViewWeight;
        if (draws.Patches.Count == 0)
        {
            return new PixelLoss(features, viewLoss, null, loss);
        }

        var each = losses.Narrow(0, views, draws.Patches.Count);
        if (_recipe.Rejection > 0)
        {
            var limit = each.Detach().Quantile(_recipe.Rejection);
            each = each.MaskedFill(each.Detach().Lt(limit), 0);
        }

        var patchLoss = each.Mean();
        return new PixelLoss(features, viewLoss, patchLoss, loss + (patchLoss * _recipe.PatchWeight));
    }

    // Where the mask is 0 this is the kept pixel to the bit.
    private Tensor Shown() => _mask is null ? _pixels : _kept!.Lerp(_pixels, _mask);

    private void KeepAsBest()
    {
        var current = Shown().Detach();
        if (_best is null)
        {
            using var unowned = TensorScope.Unowned();
            _best = current.Clone();
        }
        else
        {
            _best.Copy_(current);
        }
    }

    private readonly record struct PixelLoss(Tensor Features, Tensor Views, Tensor? Patches, Tensor All);
}
