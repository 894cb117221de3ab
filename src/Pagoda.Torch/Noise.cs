namespace Pagoda.Torch;

/// <summary>Normal noise, which painting draws much of.</summary>
public static class Noise
{
    /// <summary>Standard normal numbers on the processor, drawn by all threads: the numbers of <c>torch.randn</c>, and the generator is left where that leaves it.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="generator">Source of randomness; null for the processor's default generator.</param>
    /// <returns>float32.</returns>
    public static unsafe Tensor Normal(ReadOnlySpan<long> shape, Generator? generator = null)
    {
        fixed (long* sizes = shape)
        {
            var numbers = new Tensor(Native.Checked(Native.Normal(sizes, shape.Length, generator?.Handle ?? 0)));
            GC.KeepAlive(generator);
            return numbers;
        }
    }
}
