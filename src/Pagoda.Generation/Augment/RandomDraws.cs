using Pagoda.Torch;

namespace Pagoda.Generation.Augment;

/// <summary>Random numbers from a generator of one's own, as arrays.</summary>
internal static class RandomDraws
{
    public static float[] Uniform(int count, Generator generator)
    {
        using var scope = new TensorScope();
        return Ops.Rand([count], generator).ToArray<float>();
    }

    /// <summary>Whole numbers from <paramref name="low"/> to <paramref name="high"/>, which is excluded.</summary>
    public static long[] Integers(int count, long low, long high, Generator generator)
    {
        using var scope = new TensorScope();
        return Ops.Randint(low, high, [count], generator).ToArray<long>();
    }

    /// <summary>Standard normal numbers, drawn on the processor so that every device gets the same.</summary>
    public static Tensor Normal(ReadOnlySpan<long> shape, Generator generator, Device device) =>
        Noise.Normal(shape, generator).To(device: device);
}
