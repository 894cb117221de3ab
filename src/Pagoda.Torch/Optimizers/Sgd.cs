namespace Pagoda.Torch.Optimizers;

/// <summary>Stochastic gradient descent with momentum, as torch.optim.SGD.</summary>
public sealed class Sgd : Optimizer
{
    private readonly Dictionary<string, Tensor> _velocity = [];
    private readonly double _momentum;

    /// <summary>Takes over parameters.</summary>
    public Sgd(IEnumerable<ParameterGroup> groups, double learningRate, double momentum = 0)
        : base(groups)
    {
        LearningRate = learningRate;
        _momentum = momentum;
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Tensor Tensor)> State => _velocity.Select(entry => (entry.Key + ".momentum", entry.Value));

    internal static ParameterGroup Unnamed(ReadOnlySpan<Tensor> parameters, double weightDecay)
    {
        var named = new List<(string, Tensor)>();
        for (var i = 0; i < parameters.Length; i++)
        {
            named.Add((i.ToString(System.Globalization.CultureInfo.InvariantCulture), parameters[i]));
        }

        return new ParameterGroup(named, weightDecay);
    }

    /// <inheritdoc/>
    protected override void Update(string[] names, Tensor[] parameters, Tensor[] grads, double weightDecay)
    {
        if (weightDecay != 0)
        {
            grads = [.. grads.Zip(parameters, (grad, parameter) => grad.Add(parameter, weightDecay))];
        }

        if (_momentum != 0)
        {
            for (var i = 0; i < names.Length; i++)
            {
                if (!_velocity.TryGetValue(names[i], out var velocity))
                {
                    _velocity[names[i]] = velocity = LongLived(parameters[i]);
                }

                velocity.Mul_(_momentum).Add_(grads[i]);
                grads[i] = velocity;
            }
        }

        Ops.ForeachAdd_(parameters, grads, -LearningRate);
    }

    /// <inheritdoc/>
    protected override void RestoreOne(string name, Tensor parameter, Func<string, Tensor?> read)
    {
        if (read(name + ".momentum") is { } velocity)
        {
            _velocity[name] = LongLived(parameter);
            _velocity[name].Copy_(velocity);
        }
    }
}
