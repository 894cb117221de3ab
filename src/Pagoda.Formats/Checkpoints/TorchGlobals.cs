using System.Buffers.Binary;
using System.Text;

namespace Pagoda.Formats.Checkpoints;

/// <summary>
/// The only functions and classes that mean something in a pickle, each rebuilding plain data (torch/_utils.py,
/// torch/jit/_pickle.py, and what Python and NumPy need for dictionaries, byte strings and scalars). A call to
/// anything else becomes a <see cref="PickleObject"/>, which does nothing.
/// </summary>
internal static class TorchGlobals
{
    /// <summary>More dimensions than torch allows.</summary>
    private const int MaximumDimensions = 64;

    /// <summary>So many elements that no product with an element's size overflows.</summary>
    private const long MaximumCount = 1L << 56;

    /// <summary>What a call gives.</summary>
    /// <exception cref="CheckpointException">A known function has arguments it cannot have.</exception>
    public static object? Call(Unpickler unpickler, PickleGlobal function, object?[] arguments)
    {
        var result = function.ToString() switch
        {
            "torch._utils._rebuild_tensor_v2" or "torch._utils._rebuild_tensor" => Tensor(arguments),
            "torch._utils._rebuild_tensor_v3" => UntypedTensor(arguments),
            "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" => arguments is [TensorReference data, ..] ? data : null,
            "torch._tensor._rebuild_from_type_v2" => arguments is [PickleGlobal rebuild, _, PickleTuple of, ..] && IsRebuild(rebuild) ? Call(unpickler, rebuild, of.Items) : new PickleObject(function, arguments),
            "collections.OrderedDict" or "builtins.dict" or "__builtin__.dict" => Dictionary(unpickler, arguments),
            "collections.defaultdict" => arguments.Length <= 1 ? new PickleDictionary() : null,
            "builtins.set" or "__builtin__.set" or "builtins.frozenset" or "__builtin__.frozenset" => arguments is [] ? new List<object?>() : arguments is [List<object?> items] ? items : null,
            "torch.Size" => arguments is [PickleTuple size] ? size : null,
            "torch.device" => arguments is [string device, ..] ? device : null,
            "torch.jit._pickle.restore_type_tag" => arguments is [var value, string] ? value : null,
            "torch.jit._pickle.build_intlist" or "torch.jit._pickle.build_doublelist" or "torch.jit._pickle.build_boollist" or "torch.jit._pickle.build_tensorlist" => arguments is [List<object?> list] ? list : null,
            "_codecs.encode" => arguments is [string text, "latin1" or "latin-1"] ? Encode(unpickler, text) : null,
            "numpy.core.multiarray.scalar" or "numpy._core.multiarray.scalar" => NumpyScalar(arguments) ?? new PickleObject(function, arguments),
            _ => new PickleObject(function, arguments),
        };
        return result ?? throw new CheckpointException($"{function} has other arguments than PyTorch writes");
    }

    /// <summary>The storage that a persistent id names: ("storage", class, key, location, count[, (view key, start, count)]).</summary>
    public static StorageReference Storage(object? persistentId)
    {
        if (persistentId is not PickleTuple { Items: ["storage", PickleGlobal type, var key, string, long count, .. var view] } || key is not (string or long) || count is < 0 or > MaximumCount)
        {
            throw new CheckpointException("a persistent id is not a storage of torch");
        }

        var storage = new StorageReference(key.ToString()!, type.Name, count);
        return view switch
        {
            [] or [null] => storage,
            [PickleTuple { Items: [_, long start, long length] }] when start >= 0 && length >= 0 && start <= count - length => storage with { Start = start, Count = length },
            _ => throw new CheckpointException("a persistent id has an impossible view of a storage"),
        };
    }

    private static bool IsRebuild(PickleGlobal function) =>
        function.Module == "torch._utils" && function.Name is "_rebuild_tensor" or "_rebuild_tensor_v2" or "_rebuild_tensor_v3" or "_rebuild_parameter";

    private static TensorReference? Tensor(object?[] arguments) =>
        arguments is [StorageReference storage, long offset, var shape, var strides, ..] && Numbers(shape) is { } sizes && Numbers(strides) is { } steps
            ? new TensorReference(storage, storage.Type, offset, sizes, steps)
            : null;

    private static TensorReference? UntypedTensor(object?[] arguments) =>
        arguments is [_, _, _, _, _, _, PickleGlobal { Module: "torch" } type, ..] && Tensor(arguments) is { } tensor ? tensor with { Type = type.Name } : null;

    private static long[]? Numbers(object? value) =>
        value is PickleTuple { Items: { Length: <= MaximumDimensions } items } && items.All(item => item is long) ? [.. items.Cast<long>()] : null;

    private static PickleDictionary? Dictionary(Unpickler unpickler, object?[] arguments)
    {
        var dictionary = new PickleDictionary();
        if (arguments is [List<object?> pairs])
        {
            unpickler.Spend(pairs.Count);
            foreach (var pair in pairs)
            {
                switch (pair)
                {
                    case PickleTuple { Items: [var key, var value] }: dictionary.Set(key, value); break;
                    case List<object?> { Count: 2 } list: dictionary.Set(list[0], list[1]); break;
                    default: return null;
                }
            }
        }

        return arguments.Length <= 1 && (arguments.Length == 0 || arguments[0] is List<object?>) ? dictionary : null;
    }

    private static byte[] Encode(Unpickler unpickler, string text)
    {
        unpickler.Spend(text.Length / 64);
        return Encoding.Latin1.GetBytes(text);
    }

    /// <summary>A NumPy number: (dtype("f8", ...), bytes), little-endian.</summary>
    private static object? NumpyScalar(object?[] arguments) =>
        arguments is [PickleObject { Type: { Module: "numpy", Name: "dtype" }, Arguments: [string type, ..] }, byte[] bytes]
            ? (type, bytes.Length) switch
            {
                ("f8", 8) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
                ("f4", 4) => (double)BinaryPrimitives.ReadSingleLittleEndian(bytes),
                ("i8", 8) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
                ("i4", 4) => (long)BinaryPrimitives.ReadInt32LittleEndian(bytes),
                ("b1", 1) => bytes[0] != 0,
                _ => null,
            }
            : null;
}
