using Pagoda.Generation;
using Pagoda.Generation.Recipes;

namespace Pagoda.Evaluation.Comparison;

/// <summary>
/// How every model of a comparison paints: the light views and normalised gradients of <see cref="Recipe.Energy"/> on a budget
/// of a thousand paintings, one view a step. The same numbers for all models, found by eye on a few prompts.
/// </summary>
public static class ComparisonRecipes
{
    /// <summary>From the closest of 1,000 blurry pictures, as the embedded model paints: calm steps, for the outline is there.</summary>
    public static Recipe FromBank { get; } = Recipe.Energy with { Name = "comparison-bank", Start = StartKind.Bank, RequiresBank = true, Candidates = 1000, Views = 1, Steps = 30, LearningRate = 0.7 };

    /// <summary>From noise, where all that appears is the gradient's: longer steps, and more of them.</summary>
    public static Recipe FromNoise { get; } = Recipe.Energy with { Name = "comparison-noise", Start = StartKind.Noise, Views = 1, Steps = 40, LearningRate = 1.6 };

    /// <summary>The recipe for a start.</summary>
    /// <exception cref="GenerationException">No comparison starts from that.</exception>
    public static Recipe From(StartKind start) => start switch
    {
        StartKind.Bank => FromBank,
        StartKind.Noise => FromNoise,
        _ => throw new GenerationException($"A comparison starts from the bank or from noise, not from {start}."),
    };
}
