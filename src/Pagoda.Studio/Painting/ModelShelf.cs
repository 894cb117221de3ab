using Pagoda.Generation;
using Pagoda.Models.Catalogue;
using Pagoda.Torch;

namespace Pagoda.Studio.Painting;

/// <summary>The models that clients may name. They are loaded when they are first needed, and only so many stay.</summary>
internal sealed class ModelShelf : IDisposable
{
    private const int MostLoaded = 3;
    private readonly Dictionary<string, string> _sources = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly List<Loaded> _loaded = [];

    /// <param name="model">The model for requests that name none: a name or a path.</param>
    /// <param name="others">Further ones.</param>
    /// <exception cref="FileNotFoundException">One of them is not there.</exception>
    public ModelShelf(string model, IEnumerable<string> others)
    {
        Default = ModelLocation.Find(model, "clip").Name;
        foreach (var source in others.Prepend(model))
        {
            _sources.TryAdd(ModelLocation.Find(source, "clip").Name, source);
        }

        foreach (var folder in ModelFolder.Find() is { } models ? Directory.GetDirectories(models) : [])
        {
            if (File.Exists(Path.Combine(folder, "config.json")))
            {
                _sources.TryAdd(Path.GetFileName(folder), Path.GetFileName(folder));
            }
        }

        var cache = ModelCache.Default();
        foreach (var entry in ModelCatalogue.Default.Entries.Where(entry => entry.Kind == "clip" && cache.Find(entry) is not null))
        {
            _sources.TryAdd(entry.Name, entry.Name);
        }
    }

    /// <summary>The model for requests that name none.</summary>
    public string Default { get; }

    /// <summary>All names, the default first.</summary>
    public IReadOnlyList<string> Names => [Default, .. _sources.Keys.Where(name => name != Default)];

    /// <summary>The methods that a model's files allow.</summary>
    public IReadOnlyList<string> MethodsOf(string name)
    {
        var folder = ModelLocation.Find(_sources[name], "clip").Folder;
        bool Has(string file) => File.Exists(Path.Combine(folder, file));
        return
        [
            .. NamedMethod.All.Where(method => method.Method switch
            {
                PaintMethod.ClipGen => Has("gpt.safetensors") && Has("vqgan.safetensors"),
                PaintMethod.Latents => Has("vqgan.safetensors"),
                PaintMethod.Diffusion => Has("diffusion.safetensors"),
                _ => true,
            }).Select(method => method.Name),
        ];
    }

    /// <summary>A model that is loaded, for as long as the lease is kept; null when it is not loaded on that device.</summary>
    public Lease? FindLoaded(string name)
    {
        lock (_lock)
        {
            return _loaded.Find(one => one.Name == name && one.Painter.IsValueCreated) is { } there ? new Lease(this, there) : null;
        }
    }

    /// <summary>A model, loaded if need be, for as long as the lease is kept.</summary>
    /// <exception cref="ApiException">It is not known.</exception>
    /// <exception cref="InvalidDataException">It cannot be used.</exception>
    public Lease Take(string? name, Device device)
    {
        name ??= Default;
        if (!_sources.TryGetValue(name, out var source))
        {
            throw Unknown(name);
        }

        Lease lease;
        lock (_lock)
        {
            var there = _loaded.Find(one => one.Name == name && one.Device == device);
            if (there is null)
            {
                while (_loaded.Count >= MostLoaded && _loaded.Find(one => one.Leases == 0) is { } idle)
                {
                    Drop(idle);
                }

                there = new Loaded(name, device, new Lazy<Painter>(() => Painter.Load(source, device)));
            }

            // The one that was used last is last.
            _loaded.Remove(there);
            _loaded.Add(there);
            lease = new Lease(this, there);
        }

        try
        {
            // Outside of the lock: loading takes its time, and others need not wait for it.
            _ = lease.Painter;
            return lease;
        }
        catch
        {
            lease.Dispose();
            lock (_lock)
            {
                _loaded.Remove(lease.Of);
            }

            throw;
        }
    }

    /// <summary>The error for a model that is not known.</summary>
    public ApiException Unknown(string name) => ApiException.Missing(
        $"There is no model {(name.Length > 60 ? $"{name[..60]}…" : name)} here; there {(Names.Count == 1 ? "is" : "are")} {string.Join(", ", Names)}.", "model", "model_not_found");

    /// <summary>Whether clients may name it.</summary>
    public bool Knows(string name) => _sources.ContainsKey(name);

    /// <summary>Whether it is loaded.</summary>
    public bool IsLoaded(string name)
    {
        lock (_lock)
        {
            return _loaded.Exists(one => one.Name == name);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _loaded.ToList().ForEach(Drop);
        }
    }

    private void Drop(Loaded one)
    {
        _loaded.Remove(one);
        if (one.Painter.IsValueCreated)
        {
            one.Painter.Value.Dispose();
        }
    }

    /// <summary>A model in use.</summary>
    internal sealed class Lease : IDisposable
    {
        private readonly ModelShelf _shelf;
        private bool _returned;

        internal Lease(ModelShelf shelf, Loaded of)
        {
            (_shelf, Of) = (shelf, of);
            of.Leases++;
        }

        internal Loaded Of { get; }

        public string Name => Of.Name;

        public Painter Painter => Of.Painter.Value;

        public void Dispose()
        {
            lock (_shelf._lock)
            {
                if (!_returned)
                {
                    Of.Leases--;
                    _returned = true;
                }
            }
        }
    }

    internal sealed class Loaded(string name, Device device, Lazy<Painter> painter)
    {
        public string Name => name;

        public Device Device => device;

        public Lazy<Painter> Painter => painter;

        public int Leases { get; set; }
    }
}
