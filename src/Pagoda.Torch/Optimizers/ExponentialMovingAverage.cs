namespace Pagoda.Torch.Optimizers;

/// <summary>A running average of parameters: average ← decay · average + (1 − decay) · parameter.</summary>
public sealed class ExponentialMovingAverage
{
    private readonly (string Name, Tensor Tensor)[] _parameters;
    private readonly Dictionary<string, Tensor> _average = [];
    private readonly double _decay;

    /// <summary>Begins at the parameters' present values.</summary>
    public ExponentialMovingAverage(IEnumerable<(string Name, Tensor Tensor)> parameters, double decay)
    {
        _parameters = [.. parameters];
        _decay = decay;
        using var frozen = GradMode.Disable();
        using var unowned = TensorScope.Unowned();
        foreach (var (name, tensor) in _parameters)
        {
            _average[name] = tensor.Clone();
        }
    }

    /// <summary>The averages by name.</summary>
    public IReadOnlyDictionary<string, Tensor> Average => _average;

    /// <summary>
    /// Takes the parameters in. Early on the average follows faster (decay at most (1 + step) / (10 + step), as in
    /// TensorFlow's moving average), so that the first random weights are soon forgotten.
    /// </summary>
    public void Update(long step)
    {
        using var frozen = GradMode.Disable();
        var weight = 1 - Math.Min(_decay, (1.0 + step) / (10.0 + step));
        foreach (var (name, tensor) in _parameters)
        {
            _average[name].Lerp_(tensor, weight);
        }
    }

    /// <summary>Puts saved averages back.</summary>
    public void Restore(Func<string, Tensor?> read)
    {
        using var frozen = GradMode.Disable();
        foreach (var (name, tensor) in _average)
        {
            if (read(name) is { } saved)
            {
                tensor.Copy_(saved);
            }
        }
    }
}
