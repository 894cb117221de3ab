namespace Pagoda.Formats.Images;

/// <summary>
/// For each output position along one axis, which input positions it mixes and with what fixed-point weights
/// (Pillow 9.4, Resample.c: precompute_coeffs and normalize_coeffs_8bpc).
/// </summary>
internal sealed class ResamplingWeights
{
    private const double One = 1 << 22;
    private readonly int[] weights;
    private readonly int[] counts;
    private readonly int most;

    private ResamplingWeights(int outputs, int most)
    {
        Starts = new int[outputs];
        counts = new int[outputs];
        weights = new int[checked(outputs * most)];
        this.most = most;
    }

    /// <summary>The first input position of each output position.</summary>
    public int[] Starts { get; }

    /// <summary>The first input position that any output position mixes.</summary>
    public int FirstInput => Starts[0];

    /// <summary>How many input positions from <see cref="FirstInput"/> on the outputs mix in all.</summary>
    public int InputCount => Starts[^1] + counts[^1] - Starts[0];

    /// <summary>The weights of the input positions from <c>Starts[output]</c> on; they sum to 2^22 but for rounding.</summary>
    public ReadOnlySpan<int> Taps(int output) => weights.AsSpan(output * most, counts[output]);

    /// <summary>The weights of <paramref name="count"/> of <paramref name="outputs"/> positions from <paramref name="first"/> on.</summary>
    public static ResamplingWeights Make(int inputs, int outputs, Resampling filter, int first, int count)
    {
        var made = new ResamplingWeights(count, MostTaps(inputs, outputs, filter));
        var kernel = new double[made.most];
        for (var output = 0; output < count; output++)
        {
            var (start, taps) = Fill(kernel, inputs, outputs, filter, first + output);
            made.Starts[output] = start;
            made.counts[output] = taps;
            for (var i = 0; i < taps; i++)
            {
                made.weights[(output * made.most) + i] = (int)((kernel[i] * One) + (kernel[i] < 0 ? -0.5 : 0.5));
            }
        }

        return made;
    }

    /// <summary>The most input positions that an output position can mix.</summary>
    public static int MostTaps(int inputs, int outputs, Resampling filter) => ((int)Math.Ceiling(Support(inputs, outputs, filter)) * 2) + 1;

    /// <summary>The weights of one output position before they become fixed-point, summing to 1.</summary>
    /// <param name="kernel">Filled from 0 on; at least <see cref="MostTaps"/> long.</param>
    /// <param name="inputs">Positions in.</param>
    /// <param name="outputs">Positions out.</param>
    /// <param name="filter">The kernel.</param>
    /// <param name="output">The position out.</param>
    /// <returns>The first position in that is mixed, and how many are.</returns>
    public static (int Start, int Taps) Fill(Span<double> kernel, int inputs, int outputs, Resampling filter, int output)
    {
        var scale = (double)inputs / outputs;
        var support = Support(inputs, outputs, filter);
        var centre = (output + 0.5) * scale;
        var start = Math.Max((int)(centre - support + 0.5), 0);
        var taps = Math.Min((int)(centre + support + 0.5), inputs) - start;
        var sum = 0.0;
        for (var i = 0; i < taps; i++)
        {
            kernel[i] = Kernel(filter, (i + start - centre + 0.5) * (1.0 / Math.Max(scale, 1.0)));
            sum += kernel[i];
        }

        for (var i = 0; i < taps && sum != 0; i++)
        {
            kernel[i] /= sum;
        }

        return (start, taps);
    }

    private static double Support(int inputs, int outputs, Resampling filter) => Radius(filter) * Math.Max((double)inputs / outputs, 1.0);

    private static double Radius(Resampling filter) => filter switch
    {
        Resampling.Box => 0.5,
        Resampling.Bilinear => 1.0,
        Resampling.Bicubic => 2.0,
        Resampling.Lanczos => 3.0,
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "This filter has no kernel."),
    };

    private static double Kernel(Resampling filter, double x) => filter switch
    {
        Resampling.Box => x is > -0.5 and <= 0.5 ? 1.0 : 0.0,
        Resampling.Bilinear => Math.Max(1.0 - Math.Abs(x), 0.0),
        Resampling.Bicubic => Cubic(Math.Abs(x)),
        _ => x is >= -3.0 and < 3.0 ? Sinc(x) * Sinc(x / 3) : 0.0,
    };

    private static double Cubic(double x)
    {
        const double a = -0.5;
        return x < 1.0 ? ((((a + 2.0) * x) - (a + 3.0)) * x * x) + 1
            : x < 2.0 ? (((((x - 5) * x) + 8) * x) - 4) * a
            : 0.0;
    }

    private static double Sinc(double x)
    {
        if (x == 0.0)
        {
            return 1.0;
        }

        x *= Math.PI;
        return Math.Sin(x) / x;
    }
}
