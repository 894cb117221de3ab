using System.Text.Json;
using Pagoda.Torch;

namespace Pagoda.Formats.Checkpoints;

/// <summary>
/// A checkpoint in several files, listed in a <c>model.safetensors.index.json</c> (or <c>pytorch_model.bin.index.json</c>):
/// <c>{"metadata": {...}, "weight_map": {"tensor": "file beside the index"}}</c>, as Hugging Face's libraries write it.
/// </summary>
public sealed class SafetensorsIndex : ITensorArchive
{
    private readonly Dictionary<string, ITensorArchive> shards = [];
    private readonly Dictionary<string, ITensorArchive> places = [];
    private readonly OrderedDictionary<string, TensorEntry> entries = [];
    private readonly OrderedDictionary<string, string> metadata = [];

    private SafetensorsIndex(string path) => Path = path;

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorEntry> Entries => entries;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <summary>Opens an index and every file it names.</summary>
    /// <exception cref="CheckpointException">
    /// The index or a file is missing or malformed, a tensor is not in the file that the index names, or a file is
    /// not in the folder of the index.
    /// </exception>
    public static SafetensorsIndex Open(string path)
    {
        var index = new SafetensorsIndex(path);
        try
        {
            index.ReadIndex();
            return index;
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Read(string name, Span<byte> destination)
    {
        this.Find(name);
        places[name].Read(name, destination);
    }

    /// <inheritdoc/>
    public nint Pointer(string name)
    {
        this.Find(name);
        return places[name].Pointer(name);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var shard in shards.Values)
        {
            shard.Dispose();
        }
    }

    private void ReadIndex()
    {
        try
        {
            if (new FileInfo(Path) is { Exists: true, Length: > SafetensorsHeader.MaximumLength })
            {
                throw Refuse($"it is larger than {SafetensorsHeader.MaximumLength} bytes, too large for an index");
            }

            using var json = JsonDocument.Parse(File.ReadAllBytes(Path));
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
            {
                throw Refuse("it has no object weight_map, so that it is no index of a checkpoint");
            }

            if (json.RootElement.TryGetProperty("metadata", out var facts) && facts.ValueKind == JsonValueKind.Object)
            {
                foreach (var fact in facts.EnumerateObject())
                {
                    metadata[fact.Name] = fact.Value.ToString();
                }
            }

            foreach (var tensor in map.EnumerateObject())
            {
                Add(tensor.Name, tensor.Value.ValueKind == JsonValueKind.String ? tensor.Value.GetString()! : throw Refuse($"it does not name a file for tensor '{tensor.Name}'"));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            throw Refuse($"it cannot be read as an index ({e.Message})");
        }
    }

    private void Add(string tensor, string fileName)
    {
        if (fileName is "" or "." or ".." || fileName.AsSpan().IndexOfAny('/', '\\', '\0') >= 0)
        {
            throw Refuse($"it names '{fileName}' for tensor '{tensor}', which is not a file beside it");
        }

        if (!shards.TryGetValue(fileName, out var shard))
        {
            shards[fileName] = shard = CheckpointFile.OpenSingle(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path) ?? "", fileName));
        }

        if (!shard.Entries.TryGetValue(tensor, out var entry))
        {
            throw Refuse($"tensor '{tensor}' is not in {fileName}, as it says");
        }

        if (!entries.TryAdd(tensor, entry))
        {
            throw Refuse($"it has tensor '{tensor}' twice");
        }

        places[tensor] = shard;
    }

    private CheckpointException Refuse(string what) => new($"{Path}: {what}.");
}
