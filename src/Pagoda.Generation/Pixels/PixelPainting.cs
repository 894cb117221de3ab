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
    public PixelMeasurement Measure(ViewDraws draws)
    {
        using var recorded = GradMode.Enable();
        var features = _model.EncodeImage(Views.Apply(Shown(), draws));
        var losses = 1 - (features * _target).Sum([-1]);
        var views = draws.Noise.Size(0);
        var viewLoss = losses.Narrow(0, 0, views).Mean();
        var loss = viewLoss * _recipe.ViewWeight;
        Tensor? patchLoss = null;
        if (draws.Patches.Count > 0)
        {
            var each = losses.Narrow(0, views, draws.Patches.Count);
            if (_recipe.Rejection > 0)
            {
                var limit = each.Detach().Quantile(_recipe.Rejection);
                each = each.MaskedFill(each.Detach().Lt(limit), 0);
            }

            patchLoss = each.Mean();
            loss += patchLoss * _recipe.PatchWeight;
        }

        return new PixelMeasurement
        {
            ViewLoss = viewLoss.Detach(),
            PatchLoss = patchLoss?.Detach(),
            Loss = loss.Detach(),
            Features = features.Detach(),
            Gradient = Autograd.Grad(loss, _pixels),
        };
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
}
