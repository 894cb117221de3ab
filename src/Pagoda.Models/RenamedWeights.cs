using Pagoda.Torch;

namespace Pagoda.Models;

/// <summary>How a checkpoint keeps a tensor that a model asks for.</summary>
/// <param name="Names">Its names there; several are joined along the first dimension.</param>
/// <param name="Transposed">Whether it is a matrix kept the other way round.</param>
public sealed record StoredAs(IReadOnlyList<string> Names, bool Transposed = false);

/// <summary>A checkpoint read under other names than it has.</summary>
public sealed class RenamedWeights : IWeightSource
{
    private readonly IWeightSource _source;
    private readonly IReadOnlyDictionary<string, StoredAs> _map;
    private readonly HashSet<string> _hidden;

    /// <summary>Puts a name map in front of a checkpoint.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="map">From the model's names to the checkpoint's.</param>
    /// <param name="ignored">Names of the checkpoint that mean nothing to the model.</param>
    public RenamedWeights(IWeightSource source, IReadOnlyDictionary<string, StoredAs> map, IEnumerable<string>? ignored = null)
    {
        _source = source;
        _map = map;
        _hidden = [.. map.Values.SelectMany(stored => stored.Names), .. ignored ?? []];
    }

    /// <inheritdoc/>
    public string Description => _source.Description;

    /// <summary>The model's names for what is mapped, and the checkpoint's own for what is not.</summary>
    public IEnumerable<string> Names => _map.Keys.Concat(_source.Names.Where(name => !_hidden.Contains(name)));

    /// <inheritdoc/>
    public long[]? Shape(string name)
    {
        if (!_map.TryGetValue(name, out var stored))
        {
            return _hidden.Contains(name) ? null : _source.Shape(name);
        }

        long[]? shape = null;
        foreach (var part in stored.Names)
        {
            if (_source.Shape(part) is not { } more)
            {
                return null;
            }

            if (shape is null)
            {
                shape = [.. more];
            }
            else
            {
                shape[0] += more[0];
            }
        }

        if (stored.Transposed)
        {
            Array.Reverse(shape!);
        }

        return shape;
    }

    /// <inheritdoc/>
    public Tensor Read(string name)
    {
        if (!_map.TryGetValue(name, out var stored))
        {
            return _source.Read(name);
        }

        if (stored.Names.Count == 1 && !stored.Transposed)
        {
            return _source.Read(stored.Names[0]);
        }

        using var scope = new TensorScope();
        var parts = stored.Names.Select(_source.Read).ToArray();
        var joined = parts.Length == 1 ? parts[0] : Ops.Cat(parts, 0);
        return scope.Keep(stored.Transposed ? joined.Transpose(0, 1).Contiguous() : joined);
    }
}
