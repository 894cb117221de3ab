using Pagoda.Torch;

namespace Pagoda.Tests.Torch;

/// <summary>Numbers of other programs, held against ours.</summary>
internal static class Numbers
{
    public static void Near(float[] expected, Tensor actual, float tolerance = 2e-6f)
    {
        var values = actual.ToArray<float>();
        Assert.Equal(expected.Length, values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - values[i]) <= tolerance * (1 + Math.Abs(expected[i])), $"element {i} is {values[i]:R}, not {expected[i]:R}");
        }
    }

    /// <summary>sin(0), sin(1), sin(2), … times a scale.</summary>
    public static Tensor Ramp(ReadOnlySpan<long> shape, double scale)
    {
        long count = 1;
        foreach (var size in shape)
        {
            count *= size;
        }

        return (Ops.Arange((double)count, ScalarType.Float32).Sin() * scale).View(shape);
    }
}
