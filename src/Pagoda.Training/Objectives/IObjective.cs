using Pagoda.Torch;

namespace Pagoda.Training.Objectives;

/// <summary>What a step minimises.</summary>
public interface IObjective
{
    /// <summary>The loss of a batch and figures to show.</summary>
    /// <param name="images">Pixels in [0, 1], <c>[N, 3, S, S]</c>.</param>
    /// <param name="tokens">Their captions' tokens, <c>[N, L]</c>.</param>
    ObjectiveResult Compute(Tensor images, Tensor tokens);

    /// <summary>State beyond the weights, for checkpoints.</summary>
    IEnumerable<(string Name, Tensor Tensor)> State { get; }

    /// <summary>Puts saved state back.</summary>
    void Restore(Func<string, Tensor?> read);
}

/// <summary>A step's loss and its figures.</summary>
/// <param name="Loss">A scalar, differentiable.</param>
/// <param name="Accuracy">Share of pictures whose caption is the nearest of the batch: a scalar tensor.</param>
/// <param name="Figures">Further scalars by name.</param>
public sealed record ObjectiveResult(Tensor Loss, Tensor Accuracy, IReadOnlyList<(string Name, Tensor Value)> Figures);
