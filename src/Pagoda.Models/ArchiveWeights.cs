using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Models;

/// <summary>The tensors of a checkpoint as a <see cref="Weights"/> tree wants them.</summary>
public sealed class ArchiveWeights : IWeightSource, IDisposable
{
    private readonly ITensorArchive _archive;
    private readonly bool _mapped;

    /// <summary>Reads from an archive and disposes it in the end.</summary>
    /// <param name="archive">The checkpoint.</param>
    /// <param name="mapped">
    /// Whether tensors may lie in the mapped file itself where they can: nothing is copied, but they must not be written
    /// to, and none may be used once this is disposed.
    /// </param>
    public ArchiveWeights(ITensorArchive archive, bool mapped = false)
    {
        _archive = archive;
        _mapped = mapped;
    }

    /// <inheritdoc/>
    public string Description => _archive.Path;

    /// <inheritdoc/>
    public IEnumerable<string> Names => _archive.Entries.Keys;

    /// <inheritdoc/>
    public long[]? Shape(string name) => _archive.Entries.TryGetValue(name, out var entry) ? entry.Shape : null;

    /// <inheritdoc/>
    /// <exception cref="CheckpointException">There is no such tensor, or it is damaged or of a type that Pagoda does not have.</exception>
    public unsafe Tensor Read(string name)
    {
        var pointer = _archive.Pointer(name);
        var entry = _archive.Entries[name];
        if (pointer != 0)
        {
            var view = Tensor.Over(pointer, entry.Type, entry.Shape);
            if (_mapped)
            {
                return view;
            }

            using (view)
            {
                return view.Clone();
            }
        }

        var tensor = Ops.Empty(entry.Shape, entry.Type);
        _archive.Read(name, new Span<byte>((void*)tensor.DataPointer, checked((int)entry.Bytes)));
        return tensor;
    }

    /// <summary>Closes the archive.</summary>
    public void Dispose() => _archive.Dispose();
}
