using Pagoda.Torch;

namespace Pagoda.Formats.Checkpoints;

/// <summary>What an archive says about one of its tensors, without its data.</summary>
/// <param name="Type">
/// Element type. Where the file has a type Pagoda does not (see <see cref="UnsupportedType"/>) this is no valid
/// <see cref="ScalarType"/>.
/// </param>
/// <param name="Shape">Sizes of the dimensions, outermost first; empty for a scalar. Not to be written to.</param>
public sealed record TensorEntry(ScalarType Type, long[] Shape)
{
    /// <summary>Number of elements: the product of the shape, 1 for a scalar.</summary>
    public long Elements { get; } = Count(Shape);

    /// <summary>Bytes of the tensor when stored contiguously.</summary>
    public long Bytes => UnsupportedType is null ? checked(Elements * Type.ByteSize()) : 0;

    /// <summary>
    /// The file's name of an element type that the format has and Pagoda does not (F8_E4M3, C64, ...), else null. Such
    /// a tensor is listed, and refused when it is read.
    /// </summary>
    public string? UnsupportedType { get; init; }

    /// <summary>An entry of a type that can be listed but not read.</summary>
    internal static TensorEntry Unsupported(string type, long[] shape) => new((ScalarType)(-1), shape) { UnsupportedType = type };

    /// <summary>Type and shape, as in <c>Float32[3, 4]</c>.</summary>
    public override string ToString() => $"{UnsupportedType ?? Type.ToString()}[{string.Join(", ", Shape)}]";

    /// <summary>True when type and shape are the same.</summary>
    public bool Equals(TensorEntry? other) =>
        other is not null && Type == other.Type && UnsupportedType == other.UnsupportedType && Shape.AsSpan().SequenceEqual(other.Shape);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Type);
        foreach (var size in Shape)
        {
            hash.Add(size);
        }

        return hash.ToHashCode();
    }

    /// <summary>The product of <paramref name="shape"/>.</summary>
    /// <exception cref="OverflowException">It does not fit into 64 bits, or a size is negative.</exception>
    internal static long Count(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (var size in shape)
        {
            if (size < 0)
            {
                throw new OverflowException("a size is negative");
            }

            count = checked(count * size);
        }

        return count;
    }
}
