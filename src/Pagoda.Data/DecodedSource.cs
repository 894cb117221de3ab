using Pagoda.Formats.Images;

namespace Pagoda.Data;

/// <summary>
/// Decodes, crops and batches a stream of stored pictures on several threads. A picture that cannot be decoded is counted,
/// told to the log by name, and replaced by the next. Where a sample has several captions one is drawn.
/// </summary>
public sealed class DecodedSource : IBatchSource
{
    private const int BrokenInARow = 1000;
    private readonly ICaptionedSource _samples;
    private readonly Crop _crop;
    private readonly ulong _seed;
    private readonly ParallelOptions _parallel;
    private readonly Action<string> _log;
    private readonly DecodeLimits _limits;
    private long _drawn;

    /// <summary>Wraps a stream, which is disposed with this one.</summary>
    /// <param name="samples">The stored pictures.</param>
    /// <param name="crop">How they become squares.</param>
    /// <param name="seed">Decides crops, mirroring and which caption is taken.</param>
    /// <param name="threads">Threads that decode; 0 takes all cores.</param>
    /// <param name="log">Told of each broken sample, one sentence each.</param>
    public DecodedSource(ICaptionedSource samples, Crop crop, ulong seed, int threads = 0, Action<string>? log = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(crop.Size, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        (_samples, _crop, _seed, _log) = (samples, crop, seed, log ?? (_ => { }));
        _parallel = new ParallelOptions { MaxDegreeOfParallelism = threads == 0 ? Environment.ProcessorCount : threads };
        // A huge JPEG is decoded at an eighth where that is still enough.
        _limits = DecodeLimits.Default with { MinimumSize = crop.Size };
    }

    /// <inheritdoc/>
    public int Size => _crop.Size;

    /// <summary>How many samples could not be decoded so far.</summary>
    public long BrokenCount { get; private set; }

    /// <inheritdoc/>
    public Batch Next(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var batch = new Batch(new float[count * 3 * Size * Size], new string[count], Size);
        var open = Enumerable.Range(0, count).ToList();
        var brokenInARow = 0;
        while (open.Count > 0)
        {
            var work = open.Select(slot => (Slot: slot, Sample: _samples.Next(), Number: _drawn++)).ToArray();
            var errors = new string?[work.Length];
            Parallel.For(0, work.Length, _parallel, i => errors[i] = Decode(work[i].Sample, work[i].Number, batch, work[i].Slot));
            open = [.. work.Where((_, i) => errors[i] is not null).Select(item => item.Slot)];
            foreach (var error in errors.OfType<string>())
            {
                BrokenCount++;
                _log(error);
            }

            brokenInARow = open.Count == work.Length ? brokenInARow + open.Count : 0;
            if (brokenInARow >= BrokenInARow)
            {
                throw new DataException($"{brokenInARow} samples in a row could not be decoded; the last: {errors[^1]}");
            }
        }

        return batch;
    }

    /// <inheritdoc/>
    public string Save() => Position.Write(new Place(_drawn, BrokenCount, _samples.Save()));

    /// <inheritdoc/>
    public void Restore(string position)
    {
        var place = Position.Read<Place>(position, "a stream of decoded pictures");
        _samples.Restore(place.Samples);
        (_drawn, BrokenCount) = (place.Drawn, place.Broken);
    }

    /// <inheritdoc/>
    public void Dispose() => _samples.Dispose();

    private string? Decode(CaptionedSample sample, long number, Batch batch, int slot)
    {
        var random = new SampleRandom(_seed, number);
        try
        {
            batch.Captions[slot] = random.Pick(sample.Captions);
            _crop.Apply(PictureFile.Decode(sample.Picture, sample.Name, _limits), ref random, batch.Image(slot));
            return null;
        }
        catch (PictureException error)
        {
            return $"{sample.Name} is left out: {error.Message}";
        }
    }

    private sealed record Place(long Drawn, long Broken, string Samples);
}
