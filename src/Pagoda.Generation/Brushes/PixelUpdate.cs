using Pagoda.Generation.Recipes;
using Pagoda.Torch;
using Pagoda.Torch.Optimizers;

namespace Pagoda.Generation.Brushes;

/// <summary>Changes pixels along a gradient, as a recipe says.</summary>
internal abstract class PixelUpdate : IDisposable
{
    /// <summary>The rule of a recipe for a picture, <c>[1, 3, size, size]</c>, which it changes in place.</summary>
    public static PixelUpdate For(Recipe recipe, Tensor pixels, int modelSize) => recipe.Update switch
    {
        UpdateRule.AdamW => new AdamWUpdate(recipe, pixels),
        _ => new NormalizedMomentumUpdate(recipe, pixels, (double)pixels.Size(3) / modelSize),
    };

    /// <summary>One step; <paramref name="rate"/> is the share of the recipe's step size.</summary>
    public abstract void Step(Tensor gradient, double rate);

    public abstract void Dispose();

    private sealed class AdamWUpdate(Recipe recipe, Tensor pixels) : PixelUpdate
    {
        private readonly AdamW _adam = new([pixels], recipe.LearningRate, recipe.WeightDecay);

        public override void Step(Tensor gradient, double rate)
        {
            _adam.LearningRate = recipe.LearningRate * rate;
            pixels.Grad = gradient;
            _adam.Step();
            pixels.Grad = null;
        }

        public override void Dispose()
        {
            foreach (var (_, tensor) in _adam.State)
            {
                tensor.Dispose();
            }
        }
    }

    private sealed class NormalizedMomentumUpdate : PixelUpdate
    {
        private readonly Recipe _recipe;
        private readonly Tensor _pixels;
        private readonly Tensor _average;
        private readonly double _length;

        public NormalizedMomentumUpdate(Recipe recipe, Tensor pixels, double relativeSize)
        {
            _recipe = recipe;
            _pixels = pixels;
            _length = recipe.LearningRate * relativeSize;
            using var unowned = TensorScope.Unowned();
            _average = pixels.ZerosLike();
        }

        public override void Step(Tensor gradient, double rate)
        {
            // A gradient of nothing but zeros stays zeros.
            var direction = gradient / (gradient.LinalgVectorNorm() + 1e-9);
            _average.Mul_(_recipe.Momentum).Add_(direction, 1 - _recipe.Momentum);
            _pixels.Add_(_average, -_length * rate);
        }

        public override void Dispose() => _average.Dispose();
    }
}
