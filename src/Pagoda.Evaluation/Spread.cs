namespace Pagoda.Evaluation;

/// <summary>The mean of a measurement repeated on parts of the data, and how far the parts lie apart.</summary>
/// <param name="Mean">Over the parts.</param>
/// <param name="Deviation">The population standard deviation over the parts; 0 for one part.</param>
public sealed record Spread(double Mean, double Deviation)
{
    internal static Spread Of(IReadOnlyCollection<double> values)
    {
        var mean = values.Average();
        return new Spread(mean, Math.Sqrt(values.Average(value => (value - mean) * (value - mean))));
    }
}
