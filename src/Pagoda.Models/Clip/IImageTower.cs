using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>Turns pictures into embeddings.</summary>
public interface IImageTower
{
    /// <summary>
    /// The tower as a chain of functions, from normalised pictures <c>[N, 3, S, S]</c> to embeddings <c>[N, embed]</c>, not
    /// normalised. What passes between them is all that a backward pass needs to run each again.
    /// </summary>
    IReadOnlyList<Func<Tensor, Tensor>> Segments { get; }

    /// <summary>Normalised pictures <c>[N, 3, S, S]</c> to embeddings <c>[N, embed]</c>, not normalised.</summary>
    Tensor Forward(Tensor images) => Segments.Aggregate(images, (x, segment) => segment(x));
}
