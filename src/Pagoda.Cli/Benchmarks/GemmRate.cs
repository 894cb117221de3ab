using System.Diagnostics;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>The rate of a large square matrix product: the ceiling that a step is held against.</summary>
/// <param name="Type">The element type.</param>
/// <param name="Size">The matrices' side.</param>
/// <param name="PerSecond">
/// Floating-point operations a second (2·side³ each) over products one after another: what the machine sustains, as a step has to.
/// The best single product of a shared machine can be a third faster, for some milliseconds.
/// </param>
internal sealed record GemmRate(ScalarType Type, int Size, double PerSecond)
{
    private const double Seconds = 0.2;

    /// <summary>Measures several sizes; emulated bfloat16 is measured with small ones, which is enough for a rate that low.</summary>
    public static GemmRate[] Measure(ScalarType type)
    {
        int[] sizes = type == ScalarType.BFloat16 && !LibTorch.HasBFloat16Instructions ? [256, 512] : [512, 1024, 2048];
        return [.. sizes.Select(size => Measure(type, size))];
    }

    /// <summary>The better of two measurements of the same types and sizes: what else ran in between slowed one of them.</summary>
    public static GemmRate[] Better(IEnumerable<GemmRate> before, IEnumerable<GemmRate> after) =>
        [.. before.Zip(after, (earlier, later) => later.PerSecond > earlier.PerSecond ? later : earlier)];

    /// <summary>About the same from one size.</summary>
    public static GemmRate Estimate(ScalarType type) => Measure(type, type == ScalarType.BFloat16 && !LibTorch.HasBFloat16Instructions ? 256 : 768);

    /// <summary>The rate at this moment, of a size whose products come close to the best.</summary>
    public static double Now(ScalarType type) => Measure(type, type == ScalarType.BFloat16 && !LibTorch.HasBFloat16Instructions ? 256 : 1024).PerSecond;

    private static GemmRate Measure(ScalarType type, int size)
    {
        using var scope = new TensorScope();
        using var inference = new InferenceMode();
        // A generator of its own: a training run measures too, and its random numbers must stay its own.
        using var generator = new Generator(1);
        var left = Ops.Randn([size, size], generator).To(type);
        var right = Ops.Randn([size, size], generator).To(type);
        left.Matmul(right).Dispose();
        var products = 0;
        var start = Stopwatch.GetTimestamp();
        double seconds;
        do
        {
            left.Matmul(right).Dispose();
            products++;
            seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        while (seconds < Seconds);
        return new GemmRate(type, size, 2.0 * size * size * size * products / seconds);
    }
}
