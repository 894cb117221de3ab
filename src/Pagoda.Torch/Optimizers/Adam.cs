namespace Pagoda.Torch.Optimizers;

/// <summary>
/// Adam (Kingma &amp; Ba 2015) and, with decoupled decay, AdamW (Loshchilov &amp; Hutter 2019): the formulas and defaults of
/// torch.optim.
/// </summary>
public class Adam : Optimizer
{
    private readonly Dictionary<string, (Tensor First, Tensor Second)> _moments = [];
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _epsilon;
    private readonly bool _decoupled;

    /// <summary>Adam, whose weight decay is added to the gradient.</summary>
    public Adam(IEnumerable<ParameterGroup> groups, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8)
        : this(groups, learningRate, beta1, beta2, epsilon, decoupled: false)
    {
    }

    private protected Adam(IEnumerable<ParameterGroup> groups, double learningRate, double beta1, double beta2, double epsilon, bool decoupled)
        : base(groups)
    {
        LearningRate = learningRate;
        _beta1 = beta1;
        _beta2 = beta2;
        _epsilon = epsilon;
        _decoupled = decoupled;
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Tensor Tensor)> State =>
        _moments.SelectMany(entry => new[] { (entry.Key + ".exp_avg", entry.Value.First), (entry.Key + ".exp_avg_sq", entry.Value.Second) });

    /// <inheritdoc/>
    protected override void Update(string[] names, Tensor[] parameters, Tensor[] grads, double weightDecay)
    {
        var first = new Tensor[names.Length];
        var second = new Tensor[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            if (!_moments.TryGetValue(names[i], out var moments))
            {
                _moments[names[i]] = moments = (LongLived(parameters[i]), LongLived(parameters[i]));
            }

            (first[i], second[i]) = moments;
        }

        if (weightDecay != 0 && _decoupled)
        {
            Ops.ForeachMul_(parameters, 1 - (LearningRate * weightDecay));
        }
        else if (weightDecay != 0)
        {
            grads = [.. grads.Zip(parameters, (grad, parameter) => grad.Add(parameter, weightDecay))];
        }

        Ops.ForeachMul_(first, _beta1);
        Ops.ForeachAdd_(first, grads, 1 - _beta1);
        Ops.ForeachMul_(second, _beta2);
        Ops.ForeachAddcmul_(second, grads, grads, 1 - _beta2);
        var denominator = Ops.ForeachSqrt(second);
        Ops.ForeachMul_(denominator, 1 / Math.Sqrt(1 - Math.Pow(_beta2, Steps)));
        Ops.ForeachAdd_(denominator, _epsilon);
        Ops.ForeachAddcdiv_(parameters, first, denominator, -LearningRate / (1 - Math.Pow(_beta1, Steps)));
    }

    /// <inheritdoc/>
    protected override void RestoreOne(string name, Tensor parameter, Func<string, Tensor?> read)
    {
        if (read(name + ".exp_avg") is { } first && read(name + ".exp_avg_sq") is { } second)
        {
            _moments[name] = (LongLived(parameter), LongLived(parameter));
            _moments[name].First.Copy_(first);
            _moments[name].Second.Copy_(second);
        }
    }
}

/// <summary>Adam with decoupled weight decay; the decay is each group's.</summary>
public sealed class AdamW(IEnumerable<ParameterGroup> groups, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8)
    : Adam(groups, learningRate, beta1, beta2, epsilon, decoupled: true)
{
    /// <summary>AdamW over unnamed parameters with one decay (torch.optim.AdamW's default is 0.01).</summary>
    public AdamW(ReadOnlySpan<Tensor> parameters, double learningRate, double weightDecay = 0.01, double beta1 = 0.9, double beta2 = 0.999)
        : this([Sgd.Unnamed(parameters, weightDecay)], learningRate, beta1, beta2)
    {
    }
}
