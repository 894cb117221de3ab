using Pagoda.Generation.Augment;
using Pagoda.Generation.Brushes;
using Pagoda.Generation.Recipes;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Generation.Guidance;

/// <summary>
/// A picture being made: a brush whose parameters follow the gradient of critics' cosines through views of the picture. It has no
/// randomness of its own: every step is given its draws. Brush and guides stay their owner's.
/// </summary>
public sealed class Painting
{
    private readonly IReadOnlyList<Guide> _guides;
    private readonly Recipe _recipe;
    private readonly Brush _brush;

    /// <summary>Begins a painting that one model guides.</summary>
    /// <param name="model">Its weights are not touched.</param>
    /// <param name="target">What to paint: <c>[1, embed]</c> of length 1.</param>
    /// <param name="recipe">How.</param>
    /// <param name="brush">What makes the picture.</param>
    public Painting(ClipModel model, Tensor target, Recipe recipe, Brush brush)
        : this([new Guide(model, target)], recipe, brush)
    {
    }

    /// <summary>Begins a painting.</summary>
    /// <param name="guides">Who guides, at least one.</param>
    /// <param name="recipe">What they are shown, and which picture is kept.</param>
    /// <param name="brush">What makes the picture.</param>
    public Painting(IReadOnlyList<Guide> guides, Recipe recipe, Brush brush)
    {
        (_guides, _recipe, _brush) = (guides, recipe, brush);
        Views = [.. guides.Select(guide => new Views(recipe, guide.Model.Config.Vision.ImageSize))];
    }

    /// <summary>What each guide is shown in a step.</summary>
    public IReadOnlyList<Views> Views { get; }

    /// <summary>The lowest measured <see cref="Measurement.ViewLoss"/>.</summary>
    public double BestLoss { get; private set; } = double.PositiveInfinity;

    /// <summary>Draws one step's randomness, for each guide.</summary>
    public ViewDraws[] Draw(Generator generator) => [.. Views.Select((views, at) => views.Draw(_brush.Size, generator, _guides[at].Model.Device))];

    /// <summary>The picture that the recipe's result rule chooses so far, <c>[1, 3, size, size]</c> in [0, 1], in the current scope.</summary>
    public Tensor Result()
    {
        using var frozen = GradMode.Disable();
        return _recipe.Result == ResultRule.Last ? _brush.Draw() : _brush.DrawKept();
    }

    /// <summary>Measures the picture through the views of <paramref name="draws"/>, each guide's, with the gradient of its loss.</summary>
    public Measurement Measure(params ViewDraws[] draws) => MeasureTogether([this], [draws])[0];

    /// <summary>Measures pictures of the same models together: a model sees the views of all in one batch, and each gets what it would get alone.</summary>
    /// <param name="paintings">The pictures; their sizes and recipes may differ.</param>
    /// <param name="draws">Each picture's views, for each guide.</param>
    /// <exception cref="ArgumentException">There are no pictures, or not as many draws.</exception>
    public static Measurement[] MeasureTogether(IReadOnlyList<Painting> paintings, IReadOnlyList<ViewDraws[]> draws)
    {
        if (paintings.Count == 0 || paintings.Count != draws.Count || draws.Any(of => of.Length != paintings[0]._guides.Count))
        {
            throw new ArgumentException($"{paintings.Count} pictures cannot be measured through {draws.Count} draws of views; give each its own.", nameof(draws));
        }

        var pictures = new Tensor[paintings.Count];
        using (GradMode.Disable())
        {
            for (var at = 0; at < pictures.Length; at++)
            {
                pictures[at] = paintings[at]._brush.Draw();
                pictures[at].RequiresGrad = true;
            }
        }

        using var recorded = GradMode.Enable();
        var losses = new ViewLosses[paintings.Count];
        for (var guide = 0; guide < draws[0].Length; guide++)
        {
            Tensor[] views = [.. paintings.Select((painting, at) => painting.Views[guide].Apply(pictures[at], draws[at][guide]))];
            var features = paintings[0]._guides[guide].Model.EncodeImage(views.Length == 1 ? views[0] : Ops.Cat(views));
            long from = 0;
            for (var at = 0; at < losses.Length; at++)
            {
                var loss = paintings[at].LossOf(features.Narrow(0, from, views[at].Size(0)), draws[at][guide], guide);
                losses[at] = guide == 0 ? loss : losses[at].Plus(loss);
                from += views[at].Size(0);
            }
        }

        // No picture has a part in another's loss, so that the gradient of the sum is each one's own.
        var sum = losses.Length == 1 ? losses[0].All : Ops.Stack([.. losses.Select(loss => loss.All)]).Sum();
        var gradients = Autograd.Grad(sum, pictures);
        return
        [
            .. losses.Select((loss, at) => new Measurement
            {
                ViewLoss = loss.Views.Detach(),
                PatchLoss = loss.Patches?.Detach(),
                Loss = loss.All.Detach(),
                Features = loss.Features.Detach(),
                Gradient = gradients[at],
            }),
        ];
    }

    /// <summary>Changes the picture by a measurement's gradient, which the brush may change in place, and keeps the best picture.</summary>
    /// <param name="measurement">What <see cref="Measure"/> has just given.</param>
    /// <param name="rate">The share of the brush's step size to go.</param>
    /// <returns>The measured loss of the views, and whether it is the lowest so far.</returns>
    public (double ViewLoss, bool IsBest) Update(Measurement measurement, double rate = 1)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var loss = measurement.ViewLoss.ToDouble();
        var isBest = loss < BestLoss;
        if (isBest)
        {
            BestLoss = loss;
        }

        if (isBest && _recipe.Result == ResultRule.Best)
        {
            _brush.Keep();
        }

        _brush.Step(measurement.Gradient, rate);
        if (isBest && _recipe.Result == ResultRule.AfterBest)
        {
            _brush.Keep();
        }

        return (loss, isBest);
    }

    private ViewLosses LossOf(Tensor features, ViewDraws draws, int guide)
    {
        var losses = 1 - (features * _guides[guide].Target).Sum([-1]);
        var views = draws.Noise.Size(0);
        var viewLoss = losses.Narrow(0, 0, views).Mean();
        var loss = new ViewLosses(features, viewLoss, null, viewLoss * _recipe.ViewWeight);
        if (draws.Patches.Count > 0)
        {
            var each = losses.Narrow(0, views, draws.Patches.Count);
            if (_recipe.Rejection > 0)
            {
                var limit = each.Detach().Quantile(_recipe.Rejection);
                each = each.MaskedFill(each.Detach().Lt(limit), 0);
            }

            var patchLoss = each.Mean();
            loss = loss with { Patches = patchLoss, All = loss.All + (patchLoss * _recipe.PatchWeight) };
        }

        return _guides.Count == 1 ? loss : loss.Times(_guides[guide].Share);
    }

    private readonly record struct ViewLosses(Tensor Features, Tensor Views, Tensor? Patches, Tensor All)
    {
        public ViewLosses Times(double share) => this with { Views = Views * share, Patches = Patches is null ? null : Patches * share, All = All * share };

        public ViewLosses Plus(ViewLosses other) =>
            this with { Views = Views + other.Views, Patches = Patches is null ? other.Patches : other.Patches is null ? Patches : Patches + other.Patches, All = All + other.All };
    }
}
