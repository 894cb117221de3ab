namespace Pagoda.Data;

/// <summary>
/// An endless stream of samples that are made, not stored: sample 0, 1, 2, ... of a seed, on several threads. Processes that
/// share it take turns, and may become more or fewer: the stream as a whole stays the same.
/// </summary>
public abstract class NumberedSource : IBatchSource
{
    private const string What = "a stream of made samples";
    private readonly ParallelOptions _parallel;
    private readonly Share _share;
    private ulong _seed;
    private long _start;
    private long _index;

    /// <summary>Makes a stream.</summary>
    /// <param name="seed">Which stream.</param>
    /// <param name="threads">Threads that make samples; 0 takes all cores.</param>
    /// <param name="share">This process's share of the stream: samples part, part + parts, ...</param>
    protected NumberedSource(ulong seed, int threads, Share share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        (_seed, _share) = (seed, share.Checked());
        _parallel = new ParallelOptions { MaxDegreeOfParallelism = threads == 0 ? Environment.ProcessorCount : threads };
    }

    /// <inheritdoc/>
    public abstract int Size { get; }

    /// <inheritdoc/>
    public Batch Next(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var batch = new Batch(new float[count * 3 * Size * Size], new string[count], Size);
        var first = _index;
        Parallel.For(0, count, _parallel, i =>
            batch.Captions[i] = Make(_seed, _start + (first + i) * _share.Parts + _share.Part, batch.Image(i)));
        _index += count;
        return batch;
    }

    /// <inheritdoc/>
    public string Save() => Position.Write(new Place(_seed, _start, _index));

    /// <inheritdoc/>
    public void Restore(string position)
    {
        var place = Understand(position);
        (_seed, _start, _index) = (place.Seed, place.Start, place.Index);
    }

    /// <inheritdoc/>
    public void Restore(IReadOnlyList<string> positions)
    {
        if (positions.Count == _share.Parts)
        {
            Restore(positions[_share.Part]);
            return;
        }

        var places = positions.Select(Understand).ToArray();
        (_seed, _start, _index) = (places[0].Seed, places.Max(place => place.Start + place.Index * positions.Count), 0);
    }

    /// <inheritdoc/>
    public void Dispose() => GC.SuppressFinalize(this);

    /// <summary>Makes a sample, on any thread.</summary>
    /// <param name="seed">Which stream.</param>
    /// <param name="number">The sample's number in it.</param>
    /// <param name="image">Filled with the picture, [3, Size, Size] in [0, 1].</param>
    /// <returns>Its caption.</returns>
    protected abstract string Make(ulong seed, long number, Span<float> image);

    private static Place Understand(string position)
    {
        var place = Position.Read<Place>(position, What);
        return place is { Start: >= 0, Index: >= 0 } ? place : throw Position.Wrong(position, What);
    }

    private sealed record Place(ulong Seed, long Start, long Index);
}
