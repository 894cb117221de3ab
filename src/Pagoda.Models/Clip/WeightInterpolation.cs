using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>
/// Weights between a model and another that was trained from it: (1 - α)·start + α·tuned keeps much of what either does well (WiSE-FT:
/// Wortsman et al. 2022, arXiv 2109.01903, section 3).
/// </summary>
public static class WeightInterpolation
{
    /// <summary>The weights at α; what is no floating-point number (a counter) is the tuned model's.</summary>
    /// <param name="start">The state at α = 0.</param>
    /// <param name="tuned">The state at α = 1, with the same names and shapes.</param>
    /// <param name="alpha">α, 0 to 1.</param>
    /// <exception cref="InvalidDataException">A name is missing, or a shape differs; the tensor is named.</exception>
    public static Dictionary<string, Tensor> Between(IReadOnlyDictionary<string, Tensor> start, IReadOnlyDictionary<string, Tensor> tuned, double alpha)
    {
        if (start.Keys.Concat(tuned.Keys).FirstOrDefault(name => !start.ContainsKey(name) || !tuned.ContainsKey(name)) is { } alone)
        {
            throw new InvalidDataException($"The tensor {alone} is in {(start.ContainsKey(alone) ? "the start" : "the tuned model")} alone: between two models of different architecture there is nothing; name a model and one that was trained from it.");
        }

        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var between = new Dictionary<string, Tensor>();
        foreach (var (name, end) in tuned)
        {
            var begin = start[name];
            if (!begin.Shape.SequenceEqual(end.Shape))
            {
                throw new InvalidDataException(
                    $"The tensor {name} has shape [{string.Join(", ", begin.Shape.ToArray())}] in the start and [{string.Join(", ", end.Shape.ToArray())}] in the tuned model; name a model and one that was trained from it.");
            }

            between[name] = scope.Keep(end.Type.IsFloatingPoint() ? begin.Detach().To(end.Type).Lerp(end.Detach(), alpha) : end.Clone());
        }

        return between;
    }
}
