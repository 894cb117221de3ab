using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>Turns pictures into embeddings.</summary>
public interface IImageTower
{
    /// <summary>Normalised pictures <c>[N, 3, S, S]</c> to embeddings <c>[N, embed]</c>, not normalised.</summary>
    Tensor Forward(Tensor images);
}
