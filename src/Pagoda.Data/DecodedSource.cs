using Pagoda.Formats.Images;

namespace Pagoda.Data;

/// <summary>
/// Decodes, crops and batches a stream of stored pictures, ahead of their use, on several threads. What cannot be used is
/// reported and left out. Where a sample has several captions one is drawn. The batches and positions are the same with
/// any number of threads.
/// </summary>
public sealed class DecodedSource : IBatchSource
{
    private const string What = "a stream of decoded pictures";
    private const int BrokenInARow = 1000;
    private readonly ICaptionedSource _samples;
    private readonly Crop _crop;
    private readonly ulong _seed;
    private readonly int _threads;
    private readonly LeftOutReport _report;
    private readonly bool _captions;
    private readonly Share _share;
    private DecodingPipeline? _pipeline;
    private Func<string> _position;
    private long _start;
    private long _drawn;
    private int _brokenInARow;

    /// <summary>Wraps a stream, which is disposed with this one, as is the report.</summary>
    /// <param name="samples">The stored pictures.</param>
    /// <param name="crop">How they become squares.</param>
    /// <param name="seed">Decides crops, mirroring and which caption is taken.</param>
    /// <param name="threads">Threads that decode; 0 takes all cores.</param>
    /// <param name="report">Counts what is left out, and stops when it is too much.</param>
    /// <param name="share">This process's share of the stream, as the source has it.</param>
    /// <param name="captions">False leaves captions unread, and empty in the batches: for what learns from pictures alone.</param>
    public DecodedSource(
        ICaptionedSource samples, Crop crop, ulong seed, int threads = 0, LeftOutReport? report = null, Share? share = null, bool captions = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(crop.Size, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        (_samples, _crop, _seed, _report, _share) = (samples, crop, seed, report ?? new LeftOutReport(), (share ?? Share.All).Checked());
        _threads = threads == 0 ? Environment.ProcessorCount : threads;
        _captions = captions;
        _position = samples.Mark();
    }

    /// <inheritdoc/>
    public int Size => _crop.Size;

    /// <summary>What was left out so far.</summary>
    public LeftOutReport LeftOut => _report;

    /// <inheritdoc/>
    public Batch Next(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var batch = new Batch(new float[count * 3 * Size * Size], new string[count], Size);
        for (var slot = 0; slot < count;)
        {
            var decoded = Take();
            if (decoded.Error is { } error)
            {
                LeaveOut(decoded.Sample, error);
                continue;
            }

            PixelValues.ToUnit(decoded.Pixels, batch.Image(slot));
            batch.Captions[slot++] = decoded.Caption;
            _report.Use();
            _brokenInARow = 0;
        }

        return batch;
    }

    /// <inheritdoc/>
    public string Save() => Position.Write(new Place(_position(), _start, _drawn, _report.Save()));

    /// <inheritdoc/>
    public void Restore(string position) => Restore([position], exact: true);

    /// <inheritdoc/>
    public void Restore(IReadOnlyList<string> positions)
    {
        if (positions.Count == _share.Parts)
        {
            Restore(positions[_share.Part]);
        }
        else
        {
            Restore(positions, exact: false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _samples.Dispose();
        _report.Dispose();
    }

    private void Restore(IReadOnlyList<string> positions, bool exact)
    {
        Stop();
        var places = positions.Select(position => Position.Read<Place>(position, What)).ToArray();
        if (places.Any(place => place is not { Start: >= 0, Drawn: >= 0 }))
        {
            throw Position.Wrong(positions[0], What);
        }

        if (exact)
        {
            _samples.Restore(places[0].Samples);
            (_start, _drawn) = (places[0].Start, places[0].Drawn);
        }
        else
        {
            _samples.Restore([.. places.Select(place => place.Samples)]);
            (_start, _drawn) = (places.Max(place => place.Start + place.Drawn * places.Length), 0);
        }

        _position = _samples.Mark();
        _brokenInARow = 0;
        _report.Restore([.. places.Select(place => place.LeftOut)]);
    }

    private DecodedSample Take()
    {
        _pipeline ??= new DecodingPipeline(_samples, _drawn, Decode, _threads, Math.Max(64, 8 * _threads));
        var decoded = _pipeline.Take();
        _position = decoded.Position;
        _drawn++;
        return decoded;
    }

    private void LeaveOut(StoredSample sample, DataException error)
    {
        if (error.Defect is null)
        {
            throw error;
        }

        _report.LeaveOut(sample, error);
        if (++_brokenInARow >= BrokenInARow)
        {
            throw new DataException($"{_brokenInARow} samples in a row could not be used; the last: {error.Message}");
        }
    }

    private DecodedSample Decode(StoredSample sample, long number)
    {
        var random = new SampleRandom(_seed, _start + number * _share.Parts + _share.Part);
        try
        {
            var caption = _captions ? random.Pick(sample.Captions()) : "";
            var pixels = new byte[3 * Size * Size];
            _crop.Apply(sample.Picture(), sample.Name, ref random, pixels);
            return new DecodedSample(sample, caption, pixels, null);
        }
        catch (PictureException error)
        {
            return new DecodedSample(sample, "", [], new DataException(Defect.UndecodablePicture, error.Message, error));
        }
        catch (DataException error)
        {
            return new DecodedSample(sample, "", [], error);
        }
    }

    private void Stop()
    {
        _pipeline?.Dispose();
        _pipeline = null;
    }

    private sealed record Place(string Samples, long Start, long Drawn, LeftOutReport.Counts LeftOut);
}
