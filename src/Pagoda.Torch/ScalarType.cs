namespace Pagoda.Torch;

/// <summary>Element types of tensors, numbered as libtorch numbers them (c10/core/ScalarType.h).</summary>
public enum ScalarType
{
    /// <summary>8-bit unsigned integer.</summary>
    UInt8 = 0,
    /// <summary>8-bit signed integer.</summary>
    Int8 = 1,
    /// <summary>16-bit signed integer.</summary>
    Int16 = 2,
    /// <summary>32-bit signed integer.</summary>
    Int32 = 3,
    /// <summary>64-bit signed integer.</summary>
    Int64 = 4,
    /// <summary>IEEE 754 half precision.</summary>
    Float16 = 5,
    /// <summary>IEEE 754 single precision.</summary>
    Float32 = 6,
    /// <summary>IEEE 754 double precision.</summary>
    Float64 = 7,
    /// <summary>Boolean, one byte an element.</summary>
    Bool = 11,
    /// <summary>Brain floating point: the upper half of a float32.</summary>
    BFloat16 = 15,
}

/// <summary>Sizes of <see cref="ScalarType"/>.</summary>
public static class ScalarTypeExtensions
{
    /// <summary>Bytes an element takes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is not one of <see cref="ScalarType"/>.</exception>
    public static int ByteSize(this ScalarType type) => type switch
    {
        ScalarType.UInt8 or ScalarType.Int8 or ScalarType.Bool => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        ScalarType.Int64 or ScalarType.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type."),
    };

    /// <summary>True for the floating-point types.</summary>
    public static bool IsFloatingPoint(this ScalarType type) =>
        type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;
}
