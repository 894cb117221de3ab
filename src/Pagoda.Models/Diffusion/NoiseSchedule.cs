namespace Pagoda.Models.Diffusion;

/// <summary>
/// Times of a diffusion and what is left of the picture at each (Ho et al. 2020, section 2; guided_diffusion/gaussian_diffusion.py): a noisy picture is √ᾱ x + √(1 - ᾱ) ε. Fewer
/// times than a network was trained with are spread evenly over them.
/// </summary>
public sealed class NoiseSchedule
{
    /// <summary>All times, or fewer.</summary>
    /// <param name="config">How noise grows.</param>
    /// <param name="steps">How many times; all where null.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many.</exception>
    public NoiseSchedule(DiffusionConfig config, int? steps = null)
    {
        var count = steps ?? config.Steps;
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(steps));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, config.Steps, nameof(steps));
        var left = Left(config);
        // From the first time to the last, at even distances.
        Times = [.. Enumerable.Range(0, count).Select(i => count == 1 ? config.Steps - 1 : (int)Math.Round((double)i * (config.Steps - 1) / (count - 1), MidpointRounding.ToEven))];
        Kept = [.. Times.Select(time => left[time])];
    }

    /// <summary>How many times there are.</summary>
    public int Count => Times.Count;

    /// <summary>The times as the network counts them, the cleanest first.</summary>
    public IReadOnlyList<int> Times { get; }

    /// <summary>ᾱ of each: the share of the picture's variance that is left.</summary>
    public IReadOnlyList<double> Kept { get; }

    /// <summary>ᾱ of the time before; 1 before the first.</summary>
    public double KeptBefore(int at) => at == 0 ? 1 : Kept[at - 1];

    /// <summary>β of the step to a time from the one before it.</summary>
    public double Beta(int at) => 1 - (Kept[at] / KeptBefore(at));

    /// <summary>The variance of the step back from a time, given picture and noise: the least there can be.</summary>
    public double PosteriorVariance(int at) => Beta(at) * (1 - KeptBefore(at)) / (1 - Kept[at]);

    private static double[] Left(DiffusionConfig config)
    {
        var left = new double[config.Steps];
        var product = 1.0;
        for (var time = 0; time < left.Length; time++)
        {
            product *= 1 - Beta(config, time);
            left[time] = product;
        }

        return left;
    }

    private static double Beta(DiffusionConfig config, int time)
    {
        if (config.Noise == NoiseKind.Cosine)
        {
            return Math.Min(1 - (Cosine((time + 1.0) / config.Steps) / Cosine((double)time / config.Steps)), 0.999);
        }

        var scale = 1000.0 / config.Steps;
        var (first, last) = (scale * 0.0001, scale * 0.02);
        return config.Steps == 1 ? first : first + ((last - first) * time / (config.Steps - 1));
    }

    private static double Cosine(double time) => Math.Pow(Math.Cos((time + 0.008) / 1.008 * Math.PI / 2), 2);
}
