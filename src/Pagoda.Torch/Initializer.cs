namespace Pagoda.Torch;

/// <summary>How a new weight is drawn.</summary>
public sealed class Initializer
{
    private readonly Action<Tensor, Generator> _fill;

    private Initializer(Action<Tensor, Generator> fill) => _fill = fill;

    /// <summary>All zeros.</summary>
    public static Initializer Zeros { get; } = Constant(0);

    /// <summary>All ones.</summary>
    public static Initializer Ones { get; } = Constant(1);

    /// <summary>
    /// Uniform within ±1/√fan-in, where fan-in is the product of all sizes but the first: what PyTorch draws for the
    /// weights of linear and convolutional layers (torch.nn.Linear.reset_parameters).
    /// </summary>
    public static Initializer FanIn { get; } = new((tensor, generator) =>
    {
        var fanIn = Math.Max(1, tensor.Elements / Math.Max(1, tensor.Size(0)));
        tensor.Uniform_(-1 / Math.Sqrt(fanIn), 1 / Math.Sqrt(fanIn), generator);
    });

    /// <summary>The same number everywhere.</summary>
    public static Initializer Constant(double value) => new((tensor, _) => tensor.Fill_(value));

    /// <summary>Normal, with mean 0 unless given.</summary>
    public static Initializer Normal(double standardDeviation, double mean = 0) => new((tensor, generator) => tensor.Normal_(mean, standardDeviation, generator));

    /// <summary>Uniform within ±<paramref name="bound"/>.</summary>
    public static Initializer Uniform(double bound) => new((tensor, generator) => tensor.Uniform_(-bound, bound, generator));

    /// <summary>Draws a float32 tensor on the processor.</summary>
    public Tensor Draw(ReadOnlySpan<long> shape, Generator generator)
    {
        var tensor = Ops.Empty(shape, ScalarType.Float32);
        _fill(tensor, generator);
        return tensor;
    }
}
