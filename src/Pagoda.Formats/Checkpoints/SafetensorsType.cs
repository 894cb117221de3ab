using Pagoda.Torch;

namespace Pagoda.Formats.Checkpoints;

/// <summary>Element types as safetensors spells them (huggingface/safetensors, <c>tensor.rs</c>, enum Dtype).</summary>
internal static class SafetensorsType
{
    private static readonly Dictionary<string, ScalarType> Types = new()
    {
        ["BOOL"] = ScalarType.Bool,
        ["U8"] = ScalarType.UInt8,
        ["I8"] = ScalarType.Int8,
        ["I16"] = ScalarType.Int16,
        ["I32"] = ScalarType.Int32,
        ["I64"] = ScalarType.Int64,
        ["F16"] = ScalarType.Float16,
        ["BF16"] = ScalarType.BFloat16,
        ["F32"] = ScalarType.Float32,
        ["F64"] = ScalarType.Float64,
    };

    private static readonly Dictionary<ScalarType, string> Names = Types.ToDictionary(pair => pair.Value, pair => pair.Key);

    private static readonly Dictionary<string, int> BitsOfUnsupported = new()
    {
        ["F4"] = 4,
        ["F6_E2M3"] = 6,
        ["F6_E3M2"] = 6,
        ["F8_E5M2"] = 8,
        ["F8_E4M3"] = 8,
        ["F8_E8M0"] = 8,
        ["F8_E4M3FNUZ"] = 8,
        ["F8_E5M2FNUZ"] = 8,
        ["U16"] = 16,
        ["U32"] = 32,
        ["U64"] = 64,
        ["C64"] = 64,
    };

    public static string Name(ScalarType type) =>
        Names.TryGetValue(type, out var name) ? name : throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type.");

    public static bool TryParse(string name, out ScalarType type) => Types.TryGetValue(name, out type);

    /// <summary>Bits an element of a type takes that can be listed but not read.</summary>
    public static bool TryGetBitsOfUnsupported(string name, out int bits) => BitsOfUnsupported.TryGetValue(name, out bits);
}
