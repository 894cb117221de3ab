using System.Runtime.InteropServices;

namespace Pagoda.Torch;

/// <summary>What a <see cref="DispatcherValue"/> holds; numbered as in native/torch/pagoda_torch.h.</summary>
internal enum DispatcherTag : long
{
    None = 0,
    Tensor = 1,
    Int = 2,
    Double = 3,
    Bool = 4,
    String = 5,
    IntList = 6,
    DoubleList = 7,
    BoolList = 8,
    TensorList = 9,
    OptionalTensorList = 10,
    Device = 11,
    Generator = 12,
}

/// <summary>A tagged value on its way to or from libtorch's dispatcher; the layout of <c>PgValue</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
internal unsafe struct DispatcherValue
{
    [FieldOffset(0)]
    public DispatcherTag Tag;

    [FieldOffset(8)]
    public long Integer;

    [FieldOffset(8)]
    public double Real;

    [FieldOffset(8)]
    public nint Pointer;

    [FieldOffset(16)]
    public long Length;

    public static DispatcherValue Of(Tensor? tensor) =>
        tensor is null ? default : new() { Tag = DispatcherTag.Tensor, Pointer = tensor.Handle };

    public static DispatcherValue Of(long value) => new() { Tag = DispatcherTag.Int, Integer = value };

    public static DispatcherValue Of(long? value) => value is { } given ? Of(given) : default;

    public static DispatcherValue Of(double value) => new() { Tag = DispatcherTag.Double, Real = value };

    public static DispatcherValue Of(double? value) => value is { } given ? Of(given) : default;

    public static DispatcherValue Of(bool value) => new() { Tag = DispatcherTag.Bool, Integer = value ? 1 : 0 };

    public static DispatcherValue Of(bool? value) => value is { } given ? Of(given) : default;

    public static DispatcherValue Of(Scalar value) => value.Value;

    public static DispatcherValue Of(Scalar? value) => value?.Value ?? default;

    public static DispatcherValue Of(ScalarType value) => Of((long)value);

    public static DispatcherValue Of(ScalarType? value) => value is { } given ? Of((long)given) : default;

    public static DispatcherValue Of(MemoryFormat value) => Of((long)value);

    public static DispatcherValue Of(MemoryFormat? value) => value is { } given ? Of((long)given) : default;

    public static DispatcherValue Of(Device value) => new() { Tag = DispatcherTag.Device, Integer = value.Code };

    public static DispatcherValue Of(Device? value) => value is { } given ? Of(given) : default;

    public static DispatcherValue Of(Generator? value) =>
        value is null ? default : new() { Tag = DispatcherTag.Generator, Pointer = value.Handle };

    /// <summary>Strings are few and constant ("linear", "constant"), so each is kept once in native memory.</summary>
    public static DispatcherValue Of(string? value) =>
        value is null ? default : new() { Tag = DispatcherTag.String, Pointer = Dispatcher.Utf8(value, out var length), Length = length };

    public static DispatcherValue List(long* items, int count) =>
        new() { Tag = DispatcherTag.IntList, Pointer = (nint)items, Length = count };

    public static DispatcherValue List(double* items, int count) =>
        new() { Tag = DispatcherTag.DoubleList, Pointer = (nint)items, Length = count };

    public static DispatcherValue List(bool* items, int count) =>
        new() { Tag = DispatcherTag.BoolList, Pointer = (nint)items, Length = count };

    public static DispatcherValue TensorList(nint* handles, int count) =>
        new() { Tag = DispatcherTag.TensorList, Pointer = (nint)handles, Length = count };

    public static DispatcherValue OptionalTensorList(nint* handles, int count) =>
        new() { Tag = DispatcherTag.OptionalTensorList, Pointer = (nint)handles, Length = count };
}
