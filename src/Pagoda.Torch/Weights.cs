namespace Pagoda.Torch;

/// <summary>Where a <see cref="Weights"/> tree reads from: a checkpoint by its names.</summary>
public interface IWeightSource
{
    /// <summary>What it is, for messages: a file's path.</summary>
    string Description { get; }

    /// <summary>The names of all tensors.</summary>
    IEnumerable<string> Names { get; }

    /// <summary>The shape of a tensor, or null when there is none of that name.</summary>
    long[]? Shape(string name);

    /// <summary>Reads a tensor, on the processor, in the type it is stored in.</summary>
    Tensor Read(string name);
}

/// <summary>
/// A tree of named weights, read from a checkpoint or initialised; its paths are the names of the published
/// checkpoints. Models are built over it: <c>weights["visual"]["conv1"].Parameter("weight", [768, 3, 32, 32])</c>.
/// </summary>
public sealed class Weights
{
    private readonly Root _root;
    private readonly string _path;

    private Weights(Root root, string path)
    {
        _root = root;
        _path = path;
    }

    /// <summary>The subtree of that name.</summary>
    public Weights this[string name] => new(_root, Join(name));

    /// <summary>The subtree of that number.</summary>
    public Weights this[int index] => this[index.ToString(System.Globalization.CultureInfo.InvariantCulture)];

    /// <summary>The names from the root to here, joined by dots; empty at the root.</summary>
    public string Path => _path;

    /// <summary>The weights that training may change, by full name, in the order the model asked for them.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _root.Parameters;

    /// <summary>Parameters and buffers (running statistics), by full name: the state dict.</summary>
    public IReadOnlyDictionary<string, Tensor> StateDict => _root.Tensors;

    /// <summary>A tree whose weights are read from a checkpoint.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="device">Where the weights shall live.</param>
    /// <param name="type">The type to hold them in.</param>
    public static Weights Load(IWeightSource source, Device device, ScalarType type = ScalarType.Float32) =>
        new(new Root { Source = source, Device = device, Type = type }, "");

    /// <summary>A tree whose weights are drawn anew.</summary>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <param name="device">Where the weights shall live.</param>
    /// <param name="type">The type to hold them in.</param>
    public static Weights Initialize(ulong seed, Device device, ScalarType type = ScalarType.Float32) =>
        new(new Root { Generator = new Generator(seed), Device = device, Type = type }, "");

    /// <summary>
    /// A tree whose weights have names and shapes but no memory of their own (all elements are one): for counting the
    /// parameters of models that are too large to hold. Not to be computed with.
    /// </summary>
    public static Weights Outline() => new(new Root { Device = Device.Cpu, Type = ScalarType.Float32, IsOutline = true }, "");

    /// <summary>Whether a checkpoint has a tensor of that name here; always false for a new tree.</summary>
    public bool Has(string name) => ShapeOf(name) is not null;

    /// <summary>The shape a checkpoint has for that name, or null.</summary>
    public long[]? ShapeOf(string name) => _root.Source?.Shape(Join(name));

    /// <summary>A weight that training may change.</summary>
    /// <param name="name">Its last name.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="initializer">How it is drawn in a new tree.</param>
    /// <exception cref="InvalidDataException">The checkpoint lacks it or has another shape.</exception>
    public Tensor Parameter(string name, ReadOnlySpan<long> shape, Initializer initializer)
    {
        var tensor = Get(name, shape, initializer);
        _root.Parameters[Join(name)] = tensor;
        return tensor;
    }

    /// <summary>A tensor that belongs to the state but is not trained.</summary>
    /// <inheritdoc cref="Parameter"/>
    public Tensor Buffer(string name, ReadOnlySpan<long> shape, Initializer initializer) => Get(name, shape, initializer);

    /// <summary>Marks tensors of the checkpoint as known though the model does not need them.</summary>
    public void Ignore(string name) => _root.Ignored.Add(Join(name));

    /// <summary>Checks that the model asked for every tensor of the checkpoint.</summary>
    /// <exception cref="InvalidDataException">Some are left; the first ones are named.</exception>
    public void ThrowIfUnexpected()
    {
        if (_root.Source is null)
        {
            return;
        }

        var left = _root.Source.Names.Where(name => !_root.Tensors.ContainsKey(name) && !_root.Ignored.Contains(name)).ToList();
        if (left.Count > 0)
        {
            throw new InvalidDataException(
                $"{_root.Source.Description} has {left.Count} tensor(s) that the model does not know, such as {string.Join(", ", left.Take(3))}: is it a checkpoint of another architecture?");
        }
    }

    /// <summary>Makes the parameters whose full name starts with a prefix trainable or frozen.</summary>
    public void SetTrainable(string prefix, bool trainable)
    {
        foreach (var (name, tensor) in _root.Parameters)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                tensor.RequiresGrad = trainable;
            }
        }
    }

    private Tensor Get(string name, ReadOnlySpan<long> shape, Initializer initializer)
    {
        var full = Join(name);
        if (_root.Tensors.TryGetValue(full, out var known))
        {
            return known.Shape.SequenceEqual(shape)
                ? known
                : throw new InvalidDataException($"Tensor {full} has shape [{string.Join(", ", known.Shape.ToArray())}], the model needs [{string.Join(", ", shape.ToArray())}].");
        }

        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var tensor = _root.Source is { } source ? Read(source, full, shape)
            : _root.IsOutline ? Ops.Zeros([], _root.Type).Expand(shape)
            : initializer.Draw(shape, _root.Generator!);
        var placed = tensor.To(device: _root.Device, dtype: tensor.Type.IsFloatingPoint() ? _root.Type : tensor.Type);
        return _root.Tensors[full] = TensorScope.Release(placed);
    }

    private static Tensor Read(IWeightSource source, string name, ReadOnlySpan<long> shape)
    {
        var stored = source.Shape(name)
            ?? throw new InvalidDataException($"{source.Description} has no tensor {name}: is it a checkpoint of another architecture?");
        if (!shape.SequenceEqual(stored))
        {
            throw new InvalidDataException(
                $"{source.Description}: tensor {name} has shape [{string.Join(", ", stored)}], the model needs [{string.Join(", ", shape.ToArray())}].");
        }

        return source.Read(name);
    }

    private string Join(string name) => _path.Length == 0 ? name : name.Length == 0 ? _path : $"{_path}.{name}";

    private sealed class Root
    {
        public IWeightSource? Source { get; init; }

        public Generator? Generator { get; init; }

        public Device Device { get; init; }

        public ScalarType Type { get; init; }

        public bool IsOutline { get; init; }

        public OrderedDictionary<string, Tensor> Tensors { get; } = [];

        public OrderedDictionary<string, Tensor> Parameters { get; } = [];

        public HashSet<string> Ignored { get; } = [];
    }
}
