using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Models;

/// <summary>The tensors of a checkpoint as a source of weights.</summary>
/// <param name="archive">The checkpoint; closed with this.</param>
public sealed class ArchiveWeights(ITensorArchive archive) : IWeightSource, IDisposable
{
    /// <inheritdoc/>
    public string Description => archive.Path;

    /// <inheritdoc/>
    public IEnumerable<string> Names => archive.Entries.Keys;

    /// <inheritdoc/>
    public long[]? Shape(string name) => archive.Entries.TryGetValue(name, out var entry) ? entry.Shape : null;

    /// <inheritdoc/>
    public Tensor Read(string name)
    {
        var entry = archive.Entries[name];
        return Tensor.FromBytes(archive.ReadBytes(name), entry.Type, entry.Shape);
    }

    /// <inheritdoc/>
    public void Dispose() => archive.Dispose();
}
