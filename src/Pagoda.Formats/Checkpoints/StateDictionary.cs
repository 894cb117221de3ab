using System.Numerics;

namespace Pagoda.Formats.Checkpoints;

/// <summary>
/// Names the tensors in what a checkpoint holds: nested dictionaries, lists and modules become names with dots. A
/// state dict that is wrapped with an optimiser, an epoch and the like is unwrapped first.
/// </summary>
internal sealed class StateDictionary
{
    private const int MaximumDepth = 64, MaximumValueDepth = 16, MaximumTensorVisits = 500_000, MaximumValueVisits = 100_000, MaximumName = 4096;

    /// <summary>Where training programs keep the weights: Lightning and open_clip, others, taming and timm.</summary>
    private static readonly string[] Wrappers = ["state_dict", "model_state_dict", "model"];

    private static readonly string[] StrippedPrefixes = ["module.", "_orig_mod."];

    private readonly TorchScriptClasses? classes;
    private readonly object? beside;
    private readonly object? inside;
    private readonly HashSet<object> bearing;
    private int visits;

    /// <summary>Finds the tensors of a checkpoint.</summary>
    /// <param name="root">What was saved.</param>
    /// <param name="section">The key of the root dictionary to take instead of the usual ones, or null.</param>
    /// <param name="classes">The classes of a TorchScript archive.</param>
    /// <exception cref="CheckpointException">No such section, or nothing that names could be given to; the message leaves the file to the caller.</exception>
    public StateDictionary(object? root, string? section, TorchScriptClasses? classes)
    {
        this.classes = classes;
        bearing = FindBearing(root);
        (inside, beside) = Unwrap(root, section);
        var tensors = new OrderedDictionary<string, TensorReference>();
        AddTensors(inside, "", 0, tensors);
        Tensors = Strip(tensors);
    }

    /// <summary>The tensors by name, in the order of the file.</summary>
    public OrderedDictionary<string, TensorReference> Tensors { get; }

    /// <summary>Numbers, strings and the like beside and among the tensors, as far as they go without end.</summary>
    public OrderedDictionary<string, object?> Values()
    {
        var values = new OrderedDictionary<string, object?>();
        visits = 0;
        AddValues(beside, "", 0, values);
        AddValues(inside, "", 0, values);
        return values;
    }

    private (object? Inside, object? Beside) Unwrap(object? root, string? section)
    {
        if (section is not null)
        {
            var sections = root as PickleDictionary;
            if (sections is null || !sections.TryGet(section, out root))
            {
                var keys = sections?.Items.Take(20).Select(item => item.Key as string).Where(key => key is { Length: < 100 });
                throw new CheckpointException($"it has no section '{section}'{(keys is null ? "" : $"; its sections are {string.Join(", ", keys)}")}");
            }
        }

        var beside = new PickleDictionary();
        for (var depth = 0; depth < 4 && root is PickleDictionary dictionary; depth++)
        {
            var wrapper = Wrappers.FirstOrDefault(name => dictionary.TryGet(name, out var value) && value is PickleDictionary or PickleObject && bearing.Contains(value));
            if (wrapper is null)
            {
                break;
            }

            foreach (var (key, value) in dictionary.Items)
            {
                if (key is string name && name == wrapper)
                {
                    root = value;
                }
                else
                {
                    beside.Set(key, value);
                }
            }
        }

        return (root, beside);
    }

    /// <summary>
    /// The containers with a tensor somewhere within. Found from the tensors upwards, once for each container, since
    /// pickles can have cycles and more ways through shared containers than could ever be walked.
    /// </summary>
    private HashSet<object> FindBearing(object? root)
    {
        var parents = new Dictionary<object, List<object>>(ReferenceEqualityComparer.Instance);
        var pending = new Stack<object>();
        var found = new HashSet<object>(ReferenceEqualityComparer.Instance);
        Reach(root, null);
        while (pending.TryPop(out var container))
        {
            foreach (var (_, child) in Children(container))
            {
                Reach(child, container);
            }
        }

        parents.Keys.Where(node => node is TensorReference).ToList().ForEach(pending.Push);
        while (pending.TryPop(out var node))
        {
            if (found.Add(node))
            {
                parents[node].ForEach(pending.Push);
            }
        }

        return found;

        void Reach(object? node, object? parent)
        {
            if (node is null || IsScalar(node))
            {
                return;
            }

            if (!parents.TryGetValue(node, out var above))
            {
                parents.Add(node, above = []);
                pending.Push(node);
            }

            if (parent is not null)
            {
                above.Add(parent);
            }
        }
    }

    private void AddTensors(object? value, string name, int depth, OrderedDictionary<string, TensorReference> tensors)
    {
        if (value is TensorReference tensor)
        {
            if (!tensors.TryAdd(name.Length > 0 ? name : "tensor", tensor))
            {
                throw new CheckpointException($"it has two tensors named '{name}'");
            }

            return;
        }

        foreach (var (key, child) in Children(value))
        {
            if (child is null || !bearing.Contains(child))
            {
                continue;
            }

            if (depth == MaximumDepth || ++visits > MaximumTensorVisits || name.Length + key.Length > MaximumName)
            {
                throw new CheckpointException($"what it holds under '{name[..Math.Min(name.Length, 100)]}' is nested too deep or without end");
            }

            AddTensors(child, Join(name, key), depth + 1, tensors);
        }
    }

    private void AddValues(object? value, string name, int depth, OrderedDictionary<string, object?> values)
    {
        if (IsScalar(value))
        {
            values.TryAdd(name, value);
        }
        else if (Items(value) is { } items && items.All(IsScalar))
        {
            values.TryAdd(name, items.ToArray());
        }
        else if (depth < MaximumValueDepth)
        {
            var children = value is PickleObject made && !IsModule(made) ? Pairs(made.Items).Concat(Pairs(made.State)) : Children(value, all: true);
            foreach (var (key, child) in children)
            {
                if (++visits > MaximumValueVisits || name.Length + key.Length > MaximumName)
                {
                    return;
                }

                AddValues(child, Join(name, key), depth + 1, values);
            }
        }
    }

    /// <summary>What has a name of its own within a value: of modules only parameters, buffers and modules unless all is asked for.</summary>
    private IEnumerable<(string Key, object? Value)> Children(object? value, bool all = false) => value switch
    {
        PickleObject script when TorchScriptClasses.IsModule(script) =>
            Pairs(script.State).Where(pair => pair.Value is TensorReference ? classes?.IsWeight(script.Type, pair.Key) ?? true : pair.Value is PickleObject || (all && !IsBookkeeping(pair.Key))),
        PickleObject module when IsModule(module) =>
            new[] { "_parameters", "_buffers", "_modules" }.SelectMany(part => Pairs(((PickleDictionary)module.State!).TryGet(part, out var members) ? members : null)).Where(pair => pair.Value is not null),
        _ => Items(value)?.Select((item, index) => (index.ToString(), item)) ?? Pairs(value),
    };

    private static bool IsBookkeeping(string attribute) => attribute is "training" or "_is_full_backward_hook";

    private static bool IsModule(PickleObject value) =>
        TorchScriptClasses.IsModule(value) || (value.State is PickleDictionary state && state.TryGet("_parameters", out _) && state.TryGet("_modules", out _));

    private static bool IsScalar(object? value) => value is null or bool or long or double or string or BigInteger;

    private static IReadOnlyList<object?>? Items(object? value) => value switch
    {
        List<object?> list => list,
        PickleTuple tuple => tuple.Items,
        _ => null,
    };

    private static IEnumerable<(string Key, object? Value)> Pairs(object? value) =>
        value is PickleDictionary dictionary
            ? from item in dictionary.Items where item.Key is string or long select (item.Key.ToString()!, item.Value)
            : [];

    private static string Join(string name, string key) => name.Length == 0 ? key : $"{name}.{key}";

    private static OrderedDictionary<string, TensorReference> Strip(OrderedDictionary<string, TensorReference> tensors)
    {
        while (tensors.Count > 0 && Array.Find(StrippedPrefixes, prefix => tensors.Keys.All(name => name.Length > prefix.Length && name.StartsWith(prefix, StringComparison.Ordinal))) is { } common)
        {
            tensors = new(tensors.Select(pair => KeyValuePair.Create(pair.Key[common.Length..], pair.Value)));
        }

        return tensors;
    }
}
