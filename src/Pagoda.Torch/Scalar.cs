using System.Runtime.InteropServices;

namespace Pagoda.Torch;

/// <summary>A number passed to an operator: an integer, a floating-point number or a truth value.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly struct Scalar
{
    private Scalar(DispatcherValue value) => Value = value;

    internal DispatcherValue Value { get; }

    /// <summary>An integer.</summary>
    public static implicit operator Scalar(long value) => new(DispatcherValue.Of(value));

    /// <summary>An integer.</summary>
    public static implicit operator Scalar(int value) => new(DispatcherValue.Of((long)value));

    /// <summary>A floating-point number.</summary>
    public static implicit operator Scalar(double value) => new(DispatcherValue.Of(value));

    /// <summary>A truth value.</summary>
    public static implicit operator Scalar(bool value) => new(DispatcherValue.Of(value));

    internal static Scalar From(DispatcherValue value) => new(value);

    /// <summary>The number as a double.</summary>
    public double ToDouble() => Value.Tag == DispatcherTag.Double ? Value.Real : Value.Integer;

    /// <summary>The number as an integer, rounded towards zero.</summary>
    public long ToInt64() => Value.Tag == DispatcherTag.Double ? (long)Value.Real : Value.Integer;
}
