using Pagoda.Generation.Augment;
using Pagoda.Generation.Recipes;
using Pagoda.Torch;
using Pagoda.Torch.Optimizers;

namespace Pagoda.Generation.Brushes;

/// <summary>The parameters are the pixels themselves (CLIPAG, arXiv 2306.16805, section 4).</summary>
public sealed class PixelBrush : Brush
{
    private readonly Recipe _recipe;
    private readonly int _modelSize;
    private readonly PixelUpdate _update;
    private readonly Tensor _pixels;
    private readonly Tensor? _start;
    private readonly Tensor? _mask;
    private Tensor? _kept;

    /// <summary>Begins.</summary>
    /// <param name="recipe">How a gradient changes pixels.</param>
    /// <param name="start">The picture to begin with, <c>[1, 3, size, size]</c> in [0, 1]; copied.</param>
    /// <param name="modelSize">The side of pictures for which the recipe's step size is meant.</param>
    /// <param name="mask"><c>[1, 1, size, size]</c>: 1 where the start may change, 0 where it must stay; null for everywhere.</param>
    public PixelBrush(Recipe recipe, Tensor start, int modelSize, Tensor? mask = null)
    {
        (_recipe, _modelSize) = (recipe, modelSize);
        using var unowned = TensorScope.Unowned();
        using var frozen = GradMode.Disable();
        _pixels = start.Clone();
        _start = mask is null ? null : start.Clone();
        _mask = mask?.Clone();
        _pixels.RequiresGrad = true;
        _update = PixelUpdate.For(recipe, _pixels, modelSize);
    }

    /// <inheritdoc/>
    public override int Size => (int)_pixels.Size(3);

    /// <inheritdoc/>
    protected override Tensor Render() =>
        // Where the mask is 0 this is the start's pixel to the bit.
        _mask is null ? _pixels.Detach().Clone() : _start!.Lerp(_pixels, _mask);

    /// <inheritdoc/>
    protected override void Move(Tensor gradient, double rate)
    {
        if (_mask is not null)
        {
            gradient *= _mask;
        }

        if (_recipe.GradientLimit > 0)
        {
            Optimizer.ClipNorm([gradient], _recipe.GradientLimit);
        }

        _update.Step(gradient, rate);
        _pixels.Copy_(_recipe.Threshold > 0 ? DynamicThreshold.Apply(_pixels, _recipe.Threshold) : _pixels.Clamp(0, 1));
    }

    /// <inheritdoc/>
    public override void Keep()
    {
        using var scope = new TensorScope();
        var current = Draw();
        if (_kept is null)
        {
            _kept = TensorScope.Release(current);
        }
        else
        {
            _kept.Copy_(current);
        }
    }

    /// <inheritdoc/>
    public override Tensor DrawKept() => _kept?.Clone() ?? Draw();

    /// <inheritdoc/>
    /// <remarks>Momentum begins anew: it belongs to the smaller picture.</remarks>
    public override Brush Enlarge(int size) => new PixelBrush(_recipe, DrawKept().UpsampleBicubic2d([size, size], false).Clamp(0, 1), _modelSize);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _update.Dispose();
        _pixels.Dispose();
        _start?.Dispose();
        _mask?.Dispose();
        _kept?.Dispose();
    }
}
