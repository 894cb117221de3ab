namespace Pagoda.Torch.Layers;

/// <summary>A table of vectors, looked up by number.</summary>
/// <param name="weights">The subtree with <c>weight</c> <c>[count, width]</c>.</param>
/// <param name="count">Rows.</param>
/// <param name="width">Size of each vector.</param>
/// <param name="initializer">How a new table is drawn; normal with deviation 1 unless given.</param>
public sealed class Embedding(Weights weights, long count, long width, Initializer? initializer = null)
{
    private readonly Tensor _weight = weights.Parameter("weight", [count, width], initializer ?? Initializer.Normal(1));

    /// <summary><c>[…]</c> of int64 to <c>[…, width]</c>.</summary>
    public Tensor Forward(Tensor indices) => _weight.Embedding(indices);
}
