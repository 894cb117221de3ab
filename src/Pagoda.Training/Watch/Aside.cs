using Pagoda.Torch;

namespace Pagoda.Training.Watch;

/// <summary>
/// A while in which a model under training is used for something else: its weights are frozen, others can be put in their place, and
/// afterwards weights, gradients' flags and random generators are to the bit what they were.
/// </summary>
internal sealed class Aside : IDisposable
{
    private readonly Weights _weights;
    private readonly Tensor[] _trained;
    private readonly List<(Tensor Weight, Tensor Before)> _replaced = [];
    private readonly List<(Device Device, Tensor State)> _generators = [];

    public Aside(Weights weights, Device device)
    {
        _weights = weights;
        using var unowned = TensorScope.Unowned();
        _generators.Add((Device.Cpu, Generator.DefaultState(Device.Cpu)));
        if (device.Type == DeviceType.Cuda)
        {
            _generators.Add((device, Generator.DefaultState(device)));
        }

        _trained = [.. weights.Parameters.Values.Where(weight => weight.RequiresGrad)];
        foreach (var weight in _trained)
        {
            weight.RequiresGrad = false;
        }
    }

    /// <summary>Puts weights into the model's; those that are not named stay.</summary>
    public void Put(IReadOnlyDictionary<string, Tensor> weights)
    {
        using var frozen = GradMode.Disable();
        foreach (var (name, value) in weights)
        {
            var weight = _weights.StateDict[name];
            if (_replaced.TrueForAll(item => !ReferenceEquals(item.Weight, weight)))
            {
                using var unowned = TensorScope.Unowned();
                _replaced.Add((weight, weight.Clone()));
            }

            weight.Copy_(value);
        }
    }

    public void Dispose()
    {
        using (GradMode.Disable())
        {
            foreach (var (weight, before) in _replaced)
            {
                weight.Copy_(before);
                before.Dispose();
            }
        }

        foreach (var weight in _trained)
        {
            weight.RequiresGrad = true;
        }

        foreach (var (device, state) in _generators)
        {
            Generator.SetDefaultState(device, state);
            state.Dispose();
        }
    }
}
