using Pagoda.Torch;

namespace Pagoda.Formats.Checkpoints;

/// <summary>
/// A checkpoint of PyTorch: what <c>torch.save</c> writes since 1.6 (zip) and wrote before (legacy), Lightning's
/// <c>.ckpt</c>, and TorchScript archives such as OpenAI's CLIP. Nothing in it is run: classes that torch's own data
/// does not need are noted by name and ignored. Only the tensors that are asked for are read.
/// </summary>
public sealed class TorchArchive : ITensorArchive
{
    /// <summary>The largest pickle read; tensors' data is not in pickles.</summary>
    internal const int MaximumPickle = 1 << 28;

    private readonly MappedFile file;
    private readonly ITorchStorages storages;
    private readonly OrderedDictionary<string, TensorReference> tensors;
    private readonly OrderedDictionary<string, TensorEntry> entries = [];
    private readonly Lazy<IReadOnlyDictionary<string, object?>> values;

    private TorchArchive(MappedFile file, string? section)
    {
        this.file = file;
        object? root;
        string format;
        TorchScriptClasses? classes = null;
        if (file.Length > 0 && file.Span(0, 1)[0] == (byte)PickleOpcode.Proto)
        {
            var legacy = new LegacyTorchFile(file);
            (root, storages, format) = (legacy.Root, legacy, "torch.save, legacy");
        }
        else
        {
            var zip = new ZipDirectory(file);
            var folder = FindRoot(zip);
            CheckByteOrder(zip, folder);
            var position = 0;
            root = new Unpickler(TorchGlobals.Storage).Read(zip.Read(zip.Entries[folder + "data.pkl"], MaximumPickle), ref position);
            storages = new ZipStorages(file, zip, folder);
            classes = root is PickleObject made && TorchScriptClasses.IsModule(made) ? new TorchScriptClasses(zip, folder) : null;
            format = classes is null ? "torch.save" : "TorchScript";
        }

        Metadata = new Dictionary<string, string> { ["format"] = format };
        var state = new StateDictionary(root, section, classes);
        tensors = state.Tensors;
        foreach (var (name, tensor) in tensors)
        {
            entries.Add(name, tensor.Describe(name));
        }

        // OpenAI's archives keep input_resolution, context_length and vocab_size as tensors; they are facts, not weights.
        var facts = classes is null ? [] : tensors.Where(pair => !pair.Key.Contains('.') && entries[pair.Key] is { Shape: [], Type: ScalarType.Int64, UnsupportedType: null }).ToList();
        foreach (var (name, _) in facts)
        {
            entries.Remove(name);
        }

        values = new(() =>
        {
            var all = state.Values();
            foreach (var (name, tensor) in facts)
            {
                var number = new byte[8];
                Copy(name, tensor, tensor.Describe(name), number);
                all[name] = BitConverter.ToInt64(number);
            }

            return all;
        });
    }

    /// <inheritdoc/>
    public string Path => file.Path;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorEntry> Entries => entries;

    /// <summary>One entry, <c>format</c>: "torch.save", "torch.save, legacy" or "TorchScript".</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>
    /// What the checkpoint holds besides tensors, by dotted name, such as <c>epoch</c> or <c>hyper_parameters.lr</c>: null,
    /// <see cref="bool"/>, <see cref="long"/>, <see cref="System.Numerics.BigInteger"/>, <see cref="double"/>,
    /// <see cref="string"/> or an array of these.
    /// </summary>
    public IReadOnlyDictionary<string, object?> Values => values.Value;

    /// <summary>Opens a checkpoint and lists its tensors.</summary>
    /// <param name="path">The file.</param>
    /// <param name="section">
    /// The key of the saved dictionary that holds the tensors wanted (<c>optimizer</c>, <c>state_dict_ema</c>, ...). Null
    /// takes <c>state_dict</c>, <c>model_state_dict</c> or <c>model</c> where there is one, else everything. A prefix
    /// <c>module.</c> or <c>_orig_mod.</c> that all names have is left out.
    /// </param>
    /// <exception cref="CheckpointException">It cannot be read, is damaged or is not PyTorch's.</exception>
    public static TorchArchive Open(string path, string? section = null)
    {
        var file = new MappedFile(path);
        try
        {
            return new TorchArchive(file, section);
        }
        catch (CheckpointException e)
        {
            file.Dispose();
            throw new CheckpointException($"{path}: {e.Message}.", e);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Read(string name, Span<byte> destination)
    {
        var entry = this.Find(name);
        this.CheckDestination(name, entry, destination);
        Copy(name, tensors[name], entry, destination);
    }

    /// <inheritdoc/>
    public nint Pointer(string name)
    {
        var entry = this.Find(name);
        var tensor = tensors[name];
        if (entry.Elements == 0 || !tensor.IsContiguous)
        {
            return 0;
        }

        var (bytes, start) = Locate(name, tensor, entry);
        return bytes.Decompressed is null && start % entry.Type.ByteSize() == 0 ? start : 0;
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private unsafe void Copy(string name, TensorReference tensor, TensorEntry entry, Span<byte> destination)
    {
        if (entry.Elements == 0)
        {
            return;
        }

        var (bytes, start) = Locate(name, tensor, entry);
        if (tensor.IsContiguous)
        {
            new ReadOnlySpan<byte>((void*)start, destination.Length).CopyTo(destination);
        }
        else
        {
            StridedCopy.Gather(start, tensor.Shape, tensor.Strides, entry.Type.ByteSize(), destination);
        }

        GC.KeepAlive(bytes.Decompressed);
    }

    private (StorageBytes Bytes, nint Start) Locate(string name, TensorReference tensor, TensorEntry entry)
    {
        try
        {
            var bytes = storages.Find(tensor.Storage);
            var needed = (tensor.Storage.Start + tensor.Storage.Count) * tensor.Storage.ElementSize;
            if (needed > bytes.Length)
            {
                throw new CheckpointException($"its storage '{tensor.Storage.Key}' has {bytes.Length} bytes instead of {needed}");
            }

            return (bytes, bytes.Address + (nint)((tensor.Storage.Start * tensor.Storage.ElementSize) + (tensor.Offset * entry.Type.ByteSize())));
        }
        catch (CheckpointException e)
        {
            throw new CheckpointException($"{Path}: tensor '{name}' cannot be read: {e.Message}.", e);
        }
    }

    private static string FindRoot(ZipDirectory zip)
    {
        const string Pickle = "/data.pkl";
        var names = zip.Entries.Keys.Where(name => name.EndsWith(Pickle, StringComparison.Ordinal) && name.IndexOf('/') == name.Length - Pickle.Length).ToList();
        return names is [var only] ? only[..^(Pickle.Length - 1)] : throw new CheckpointException($"it is a zip archive with {names.Count} files data.pkl instead of one; it is no PyTorch checkpoint");
    }

    private static void CheckByteOrder(ZipDirectory zip, string root)
    {
        if (zip.Entries.TryGetValue(root + "byteorder", out var entry) && !zip.Read(entry, 100).AsSpan().SequenceEqual("little"u8))
        {
            throw new CheckpointException("it was saved on a big-endian machine; save it again on another");
        }
    }
}
