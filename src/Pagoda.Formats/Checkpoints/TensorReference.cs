using Pagoda.Torch;

namespace Pagoda.Formats.Checkpoints;

/// <summary>What a pickle says about a storage: the bytes that one or several tensors are views of.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Type">Its class, such as <c>FloatStorage</c>.</param>
/// <param name="Count">Number of its elements.</param>
/// <param name="Start">The element at which it begins in the storage of that name (legacy files have storages in storages).</param>
internal sealed record StorageReference(string Key, string Type, long Count, long Start = 0)
{
    /// <summary>Bytes of the storage an element takes; of untyped storages, which count bytes, 1.</summary>
    public int ElementSize => TorchTypes.Find(Type)?.Size ?? 1;
}

/// <summary>A tensor as a pickle has it: a strided view of a storage. Nothing about it has been checked.</summary>
/// <param name="Storage">Where its elements are.</param>
/// <param name="Type">Its element type as torch names it, in the form of a storage's class.</param>
/// <param name="Offset">Its first element's place in the storage, in elements.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Strides">Distances in elements between neighbours along each dimension.</param>
internal sealed record TensorReference(StorageReference Storage, string Type, long Offset, long[] Shape, long[] Strides)
{
    /// <summary>Whether the elements follow each other in row-major order.</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (var i = Shape.Length - 1; i >= 0; i--)
            {
                if (Shape[i] != 1 && Strides[i] != expected)
                {
                    return false;
                }

                expected *= Shape[i];
            }

            return true;
        }
    }

    /// <summary>The checked description of the tensor.</summary>
    /// <exception cref="CheckpointException">It reaches out of its storage; the message leaves the file to the caller.</exception>
    public TensorEntry Describe(string name)
    {
        if (TorchTypes.Find(Type) is not { } type)
        {
            throw new CheckpointException($"tensor '{name}' has storage of unknown type '{Type}'");
        }

        try
        {
            var entry = type.Scalar is { } scalar ? new TensorEntry(scalar, Shape) : TensorEntry.Unsupported(type.Name, Shape);
            if (Shape.Length != Strides.Length || Strides.Any(stride => stride < 0) || Offset < 0 || Storage.Start < 0 || Storage.Count < 0)
            {
                throw new CheckpointException($"tensor '{name}' has impossible strides [{string.Join(", ", Strides)}] or offset {Offset}");
            }

            var last = Offset;
            for (var i = 0; i < Shape.Length; i++)
            {
                last = checked(last + (Math.Max(Shape[i] - 1, 0) * Strides[i]));
            }

            // Zero strides can make more of a few bytes than 64 bits can count.
            _ = checked(entry.Elements * type.Size);
            if (entry.Elements > 0 && checked((last + 1) * type.Size) > Storage.Count * Storage.ElementSize)
            {
                throw new CheckpointException($"tensor '{name}' ({entry}) reaches to element {last} of a storage of {Storage.Count}");
            }

            return entry;
        }
        catch (OverflowException)
        {
            throw new CheckpointException($"tensor '{name}' has shape [{string.Join(", ", Shape)}], strides [{string.Join(", ", Strides)}] and offset {Offset}, which no storage holds");
        }
    }
}
