using Pagoda.Torch;
using Pagoda.Torch.Distributed;

namespace Pagoda.Training.Learners;

/// <summary>Means of a step's figures over chunks and ranks.</summary>
internal sealed class Figures
{
    private readonly OrderedDictionary<string, double> _sums = [];

    /// <summary>Adds a chunk's figure; null adds nothing.</summary>
    public void Add(string name, Tensor? value, double share)
    {
        if (value is not null)
        {
            _sums[name] = _sums.GetValueOrDefault(name) + (value.ToDouble() * share);
        }
    }

    /// <summary>The means; every rank has the same names.</summary>
    public IReadOnlyDictionary<string, double> Means(ProcessGroup? group)
    {
        if (group is null)
        {
            return _sums;
        }

        using var scope = new TensorScope();
        var all = Tensor.From(_sums.Values.ToArray(), _sums.Count);
        group.AllReduce([all]);
        var sums = all.ToArray<double>();
        return new OrderedDictionary<string, double>(_sums.Keys.Select((name, i) => KeyValuePair.Create(name, sums[i] / group.Size)));
    }
}
