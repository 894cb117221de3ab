namespace Pagoda.Torch;

/// <summary>
/// Owns the tensors made on this thread while it is the innermost scope, and frees them when it ends, except those
/// kept. Scopes nest and belong to one thread: do not hold one open over an <c>await</c>. Tensors made without a scope
/// live until disposed.
/// </summary>
public sealed class TensorScope : IDisposable
{
    [ThreadStatic]
    private static TensorScope? s_current;

    private readonly TensorScope? _outer;
    private readonly List<Tensor> _tensors = [];
    private readonly bool _owns;
    private bool _ended;

    /// <summary>Begins a scope inside the current one.</summary>
    public TensorScope()
        : this(owns: true)
    {
    }

    private TensorScope(bool owns)
    {
        _owns = owns;
        _outer = s_current;
        s_current = this;
    }

    /// <summary>Begins a region whose tensors belong to no scope: for weights and other long-lived state.</summary>
    public static TensorScope Unowned() => new(owns: false);

    /// <summary>Hands a tensor to the scope around this one (or to nobody, when this is the outermost) and returns it.</summary>
    public Tensor Keep(Tensor tensor)
    {
        // Most kept tensors were made last.
        for (var i = _tensors.Count - 1; i >= 0; i--)
        {
            if (ReferenceEquals(_tensors[i], tensor))
            {
                _tensors.RemoveAt(i);
                if (_outer is { _owns: true })
                {
                    _outer._tensors.Add(tensor);
                }

                break;
            }
        }

        return tensor;
    }

    /// <summary>Takes a tensor out of every scope of this thread: it lives until disposed.</summary>
    public static Tensor Release(Tensor tensor)
    {
        for (var scope = s_current; scope is not null; scope = scope._outer)
        {
            var at = scope._tensors.FindLastIndex(own => ReferenceEquals(own, tensor));
            if (at >= 0)
            {
                scope._tensors.RemoveAt(at);
                break;
            }
        }

        return tensor;
    }

    /// <summary>Frees the tensors it still owns; doing it again changes nothing.</summary>
    /// <exception cref="InvalidOperationException">It is not the innermost scope of this thread.</exception>
    public void Dispose()
    {
        if (_ended)
        {
            return;
        }

        if (!ReferenceEquals(s_current, this))
        {
            throw new InvalidOperationException("Tensor scopes end in the reverse order of their beginning, on the thread they began on.");
        }

        _ended = true;
        s_current = _outer;
        foreach (var tensor in _tensors)
        {
            tensor.Dispose();
        }

        _tensors.Clear();
    }

    internal static void Register(Tensor tensor)
    {
        var scope = s_current;
        if (scope is { _owns: true })
        {
            scope._tensors.Add(tensor);
        }
    }
}
