using Pagoda.Torch;

namespace Pagoda.Formats.Checkpoints;

/// <summary>An element type of torch.</summary>
/// <param name="Name">Its name in torch, such as <c>float32</c>.</param>
/// <param name="Size">Bytes an element takes.</param>
/// <param name="Scalar">Its type in Pagoda, or null where Pagoda has none.</param>
internal sealed record TorchType(string Name, int Size, ScalarType? Scalar);

/// <summary>Element types by the names that checkpoints use: storage classes and dtypes.</summary>
internal static class TorchTypes
{
    /// <summary>The class of storages that count bytes and leave the element type to the tensor.</summary>
    public const string Untyped = "UntypedStorage";

    private static readonly Dictionary<string, TorchType> Types = new(
        from entry in new (string Storage, TorchType Type)[]
        {
            ("FloatStorage", new("float32", 4, ScalarType.Float32)),
            ("DoubleStorage", new("float64", 8, ScalarType.Float64)),
            ("HalfStorage", new("float16", 2, ScalarType.Float16)),
            ("BFloat16Storage", new("bfloat16", 2, ScalarType.BFloat16)),
            ("LongStorage", new("int64", 8, ScalarType.Int64)),
            ("IntStorage", new("int32", 4, ScalarType.Int32)),
            ("ShortStorage", new("int16", 2, ScalarType.Int16)),
            ("CharStorage", new("int8", 1, ScalarType.Int8)),
            ("ByteStorage", new("uint8", 1, ScalarType.UInt8)),
            ("BoolStorage", new("bool", 1, ScalarType.Bool)),
            ("ComplexFloatStorage", new("complex64", 8, null)),
            ("ComplexDoubleStorage", new("complex128", 16, null)),
            ("QInt8Storage", new("qint8", 1, null)),
            ("QUInt8Storage", new("quint8", 1, null)),
            ("QInt32Storage", new("qint32", 4, null)),
            ("", new("float8_e4m3fn", 1, null)),
            ("", new("float8_e5m2", 1, null)),
            ("", new("float8_e4m3fnuz", 1, null)),
            ("", new("float8_e5m2fnuz", 1, null)),
            ("", new("uint16", 2, null)),
            ("", new("uint32", 4, null)),
            ("", new("uint64", 8, null)),
            ("", new("complex32", 4, null)),
        }
        from name in new[] { entry.Storage, entry.Type.Name }
        where name.Length > 0
        select KeyValuePair.Create(name, entry.Type));

    /// <summary>The type of a storage class or dtype name.</summary>
    public static TorchType? Find(string name) => Types.GetValueOrDefault(name);
}
