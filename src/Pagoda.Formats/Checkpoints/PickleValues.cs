namespace Pagoda.Formats.Checkpoints;

// What a pickle can hold besides null, bool, long, BigInteger, double, string, byte[] and List<object?>.

/// <summary>A class or function named by a pickle: the name alone.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>A Python tuple.</summary>
internal sealed class PickleTuple(object?[] items)
{
    public object?[] Items { get; } = items;
}

/// <summary>A Python dict in the order it was filled. Keys other than strings are kept but cannot be looked up.</summary>
internal sealed class PickleDictionary
{
    private List<KeyValuePair<object?, object?>>? items;
    private Dictionary<string, int>? places;

    public IReadOnlyList<KeyValuePair<object?, object?>> Items => items ?? [];

    public void Set(object? key, object? value)
    {
        items ??= [];
        if (key is not string text)
        {
            items.Add(new(key, value));
        }
        else if ((places ??= []).TryGetValue(text, out var place))
        {
            items[place] = new(key, value);
        }
        else
        {
            places.Add(text, items.Count);
            items.Add(new(key, value));
        }
    }

    public bool TryGet(string key, out object? value)
    {
        var place = 0;
        var found = places is not null && places.TryGetValue(key, out place);
        value = found ? items![place].Value : null;
        return found;
    }
}

/// <summary>
/// Stands for an object of a class that is not on the list of <see cref="TorchGlobals"/>, or the result of a call to
/// such a function: it records what the pickle said about it and does nothing.
/// </summary>
internal sealed class PickleObject(PickleGlobal type, object?[] arguments)
{
    public PickleGlobal Type { get; } = type;

    public object?[] Arguments { get; } = arguments;

    /// <summary>What BUILD would have given to <c>__setstate__</c> or the object's <c>__dict__</c>.</summary>
    public object? State { get; set; }

    /// <summary>Items of a subclass of dict, if any were set.</summary>
    public PickleDictionary? Items { get; set; }

    /// <summary>Elements of a subclass of list or set, if any were added.</summary>
    public List<object?>? Elements { get; set; }
}
