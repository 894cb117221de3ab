namespace Pagoda.Data.Scenes;

/// <summary>
/// The endless stream of a <see cref="SceneComposer"/>: samples 0, 1, 2, ... of a seed, composed on several threads. Its
/// position is the seed and the index of the next sample. Wrap it in a <see cref="PrefetchingSource"/> for training.
/// </summary>
public sealed class SceneSource : IBatchSource
{
    private readonly SceneComposer _composer;
    private readonly ParallelOptions _parallel;
    private readonly int _part;
    private readonly int _parts;
    private ulong _seed;
    private long _index;

    /// <summary>Makes a stream.</summary>
    /// <param name="composer">What makes the scenes.</param>
    /// <param name="seed">Which stream.</param>
    /// <param name="threads">Threads that compose; 0 takes all cores.</param>
    /// <param name="part">This process's share of the stream, when several train together: samples part, part + parts, ...</param>
    /// <param name="parts">How many processes share the stream.</param>
    public SceneSource(SceneComposer composer, ulong seed, int threads = 1, int part = 0, int parts = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(part, parts);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        (_composer, _seed, _part, _parts) = (composer, seed, part, parts);
        _parallel = new ParallelOptions { MaxDegreeOfParallelism = threads == 0 ? Environment.ProcessorCount : threads };
    }

    /// <inheritdoc/>
    public int Size => _composer.Options.Size;

    /// <inheritdoc/>
    public Batch Next(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var batch = new Batch(new float[count * 3 * Size * Size], new string[count], Size);
        var first = _index;
        Parallel.For(0, count, _parallel, i =>
            batch.Captions[i] = _composer.Compose(_seed, (first + i) * _parts + _part, batch.Image(i)).Caption);
        _index += count;
        return batch;
    }

    /// <inheritdoc/>
    public string Save() => Position.Write(new Place(_seed, _index));

    /// <inheritdoc/>
    public void Restore(string position)
    {
        var saved = Position.Read<Place>(position, "a stream of scenes");
        (_seed, _index) = saved.Index >= 0 ? (saved.Seed, saved.Index) : throw Position.Wrong(position, "a stream of scenes", null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed record Place(ulong Seed, long Index);
}
