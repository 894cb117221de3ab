namespace Pagoda.Data.Shards;

/// <summary>
/// Captioned pictures from webdataset shards, endless. The order is shuffled twice, as open_clip does: the shards of an
/// epoch, then the samples within a buffer. Every sample comes once an epoch. The position is exact: it lists the samples
/// that wait in the buffer, and restoring reads them again.
/// </summary>
public sealed class WebDataset : ICaptionedSource
{
    /// <summary>Samples that the shuffle buffer holds: open_clip's 5000.</summary>
    public const int DefaultBuffer = 5000;

    private const string What = "a stream of webdataset shards";
    private static readonly string[] PictureParts = ["jpg", "png", "jpeg", "webp"];
    private readonly IReadOnlyList<string> _shards;
    private readonly ulong _seed;
    private readonly int _capacity;
    private readonly Share _share;
    private readonly ReachableData _reachable = new();
    private readonly List<StoredSample> _buffer = [];
    private readonly List<(int Shard, int Index)> _slots = [];
    private ShardSegment[] _segments = [];
    private ShardSegment[]? _dealtAnew;
    private IEnumerator<TarSample>? _reader;
    private long _epoch = -1;
    private int _at;
    private int _read;
    private long _drawn;
    private long _givenInEpoch;
    private (long Shards, long Samples) _whole;

    /// <summary>Makes a stream over shards.</summary>
    /// <param name="shards">Paths, as <see cref="ShardPattern.Expand"/> gives them.</param>
    /// <param name="seed">Decides the order.</param>
    /// <param name="buffer">Samples in the shuffle buffer; 1 keeps the order within shards.</param>
    /// <param name="share">This process's share: of the shards, or of each shard's samples when there are fewer shards than processes.</param>
    /// <exception cref="DataException">A shard does not exist.</exception>
    public WebDataset(IReadOnlyList<string> shards, ulong seed, int buffer = DefaultBuffer, Share? share = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer, 1);
        if (shards.AsParallel().AsOrdered().FirstOrDefault(path => !Path.Exists(path)) is { } missing)
        {
            throw new DataException($"The shard {missing} does not exist.");
        }

        (_shards, _seed, _capacity, _share) = (shards, seed, buffer, (share ?? Share.All).Checked());
    }

    /// <inheritdoc/>
    public StoredSample Next()
    {
        // One sample is read for each given, two while the buffer grows from its fifth to its capacity: the first comes soon.
        var wanted = Math.Min(_capacity, Math.Max(_buffer.Count + 2, (_capacity + 4) / 5));
        while (_buffer.Count < wanted && ReadOne() is { } read)
        {
            if (read.Sample is BrokenSample)
            {
                return read.Sample;
            }

            _buffer.Add(read.Sample);
            _slots.Add((read.Shard, read.Index));
        }

        if (_buffer.Count == 0)
        {
            BeginEpoch(_epoch + 1);
            return Next();
        }

        var random = new SampleRandom(_seed ^ 0xB0FFE2, _drawn++);
        var at = random.Next(_buffer.Count);
        var sample = _buffer[at];
        (_buffer[at], _slots[at]) = (_buffer[^1], _slots[^1]);
        _buffer.RemoveAt(_buffer.Count - 1);
        _slots.RemoveAt(_slots.Count - 1);
        _givenInEpoch++;
        return sample;
    }

    /// <inheritdoc/>
    public string Save() => Mark()();

    /// <inheritdoc/>
    public Func<string> Mark()
    {
        var slots = _slots.ToArray();
        var place = new Place(_epoch, _at, _read, _drawn, _givenInEpoch, _whole.Shards, _whole.Samples, _dealtAnew, [], []);
        return () => Position.Write(place with { Shards = Array.ConvertAll(slots, slot => slot.Shard), Indexes = Array.ConvertAll(slots, slot => slot.Index) });
    }

    /// <inheritdoc/>
    public void Restore(string position) => GoTo(Understand(position), position);

    /// <inheritdoc/>
    public void Restore(IReadOnlyList<string> positions)
    {
        if (positions.Count == _share.Parts)
        {
            Restore(positions[_share.Part]);
            return;
        }

        var places = positions.Select(Understand).ToArray();
        var epoch = places.Min(place => place.Epoch);
        var behind = places.Index().Where(place => place.Item.Epoch == epoch).ToArray();
        var waiting = behind.SelectMany(place => place.Item.Shards.Zip(place.Item.Indexes)).Where((_, i) => _share.Has(i)).ToArray();
        var left = behind.SelectMany(place => Left(place.Item, new Share(place.Index, positions.Count))).ToArray();
        GoTo(
            new Place(
                epoch, 0, 0, places.Max(place => place.Drawn), places.Sum(place => place.Given), places.Sum(place => place.WholeShards),
                places.Sum(place => place.WholeSamples), epoch < 0 ? null : ShardSegment.Deal(left, _share),
                [.. waiting.Select(slot => slot.First)], [.. waiting.Select(slot => slot.Second)]),
            positions[0]);
    }

    /// <inheritdoc/>
    public void Dispose() => CloseReader();

    private Place Understand(string position)
    {
        var place = Position.Read<Place>(position, What);
        var shards = place.Shards.Concat(place.DealtAnew?.Select(segment => segment.Shard) ?? []);
        return place.Shards.Length == place.Indexes.Length && shards.All(shard => shard >= 0 && shard < _shards.Count)
            && place is { Epoch: >= -1, At: >= 0, Read: >= 0 } && place.DealtAnew?.All(segment => segment.Step > 0) != false
            ? place
            : throw Position.Wrong(position, What);
    }

    private IEnumerable<ShardSegment> Left(Place place, Share share) =>
        (place.DealtAnew ?? Order(place.Epoch, share)).Skip(place.At)
        .Select((segment, i) => i == 0 ? segment with { From = Math.Max(segment.From, place.Read) } : segment);

    private void GoTo(Place place, string position)
    {
        CloseReader();
        _buffer.Clear();
        _slots.Clear();
        _dealtAnew = place.DealtAnew;
        _segments = place.Epoch < 0 ? [] : _dealtAnew ?? Order(place.Epoch, _share);
        (_epoch, _at, _read) = (place.Epoch, place.At, place.Read);
        if (_at > _segments.Length)
        {
            throw Position.Wrong(position, What);
        }

        (_drawn, _givenInEpoch, _whole) = (place.Drawn, place.Given, (place.WholeShards, place.WholeSamples));
        _buffer.AddRange(Reread(place));
        _slots.AddRange(place.Shards.Zip(place.Indexes));
    }

    private IEnumerable<StoredSample> Reread(Place place)
    {
        var found = new Dictionary<(int, int), StoredSample>();
        foreach (var group in place.Shards.Zip(place.Indexes).GroupBy(slot => slot.First, slot => slot.Second))
        {
            var wanted = group.ToHashSet();
            foreach (var sample in TarSamples.Read(_shards[group.Key], wanted.Contains).Take(wanted.Count))
            {
                found.Add((group.Key, sample.Index), Understand(sample));
            }
        }

        foreach (var slot in place.Shards.Zip(place.Indexes))
        {
            yield return found.TryGetValue(slot, out var sample) && sample is not BrokenSample
                ? sample
                : throw new DataException($"The shard {_shards[slot.First]} has changed: its sample {slot.Second} of the saved position is gone.");
        }
    }

    private Waiting? ReadOne()
    {
        while (_epoch >= 0 && _at < _segments.Length)
        {
            var (segment, path) = (_segments[_at], _shards[_segments[_at].Shard]);
            BrokenSample? broken = null;
            try
            {
                _reader ??= TarSamples.Read(path, index => index >= _read && segment.Has(index)).GetEnumerator();
                while (_reader.MoveNext())
                {
                    _reachable.Read(path);
                    _read = _reader.Current.Index + 1;
                    var sample = Understand(_reader.Current);
                    // What lacks a file because the shard ends there is told of with the shard.
                    if (sample is not BrokenSample || !_reader.Current.MayBeCut)
                    {
                        return new Waiting(segment.Shard, _reader.Current.Index, sample);
                    }
                }

                _whole = (_whole.Shards + 1, _whole.Samples + _read);
            }
            catch (DataException error) when (error.Defect is not null)
            {
                if (error.Defect == Defect.UnreadableShard && error.InnerException is not null)
                {
                    _reachable.ThrowIfGone(path, error.InnerException, _shards.Take(8).Append(path));
                }

                // What the rest of it held can only be guessed from the shards read so far.
                var usual = _whole.Shards > 0 ? (double)_whole.Samples / _whole.Shards : 0;
                broken = new BrokenSample(path, "", _epoch, error, Math.Max(1, usual - _read) / segment.Step);
            }

            CloseReader();
            (_at, _read) = (_at + 1, 0);
            if (broken is not null)
            {
                return new Waiting(segment.Shard, -1, broken);
            }
        }

        return null;
    }

    private void BeginEpoch(long epoch)
    {
        if (_epoch >= 0 && _givenInEpoch == 0)
        {
            throw new DataException($"The {_shards.Count} shard(s), {_shards[0]} for one, have no sample with a picture and a caption for this process.");
        }

        (_epoch, _at, _read, _givenInEpoch, _dealtAnew) = (epoch, 0, 0, 0, null);
        _segments = Order(epoch, _share);
    }

    private ShardSegment[] Order(long epoch, Share share)
    {
        // Every process draws the same order and takes its share of it.
        var all = Enumerable.Range(0, _shards.Count).Select(shard => new ShardSegment(shard)).ToArray();
        var random = new SampleRandom(_seed, epoch);
        random.Shuffle(all);
        return ShardSegment.Deal(all, share);
    }

    private StoredSample Understand(TarSample sample)
    {
        try
        {
            var name = $"{sample.Key} of {sample.Shard}";
            var picture = PictureParts.Select(part => sample.Parts.GetValueOrDefault(part)).FirstOrDefault(bytes => bytes is not null);
            return picture is not null ? new ReadSample(sample.Shard, sample.Key, _epoch, picture, sample.Parts.GetValueOrDefault("txt"), sample.Parts.GetValueOrDefault("json"))
                : sample.TooLarge is { } large ? throw new DataException(Defect.TooLarge, $"{name}: {large} is larger than {TarSamples.LargestFile >> 20} MiB.")
                : throw new DataException(Defect.NoPicture, $"{name} has no picture (jpg, png, webp).");
        }
        catch (DataException error) when (error.Defect is not null)
        {
            return new BrokenSample(sample.Shard, sample.Key, _epoch, error);
        }
    }

    private void CloseReader()
    {
        _reader?.Dispose();
        _reader = null;
    }

    private sealed record Waiting(int Shard, int Index, StoredSample Sample);

    private sealed record Place(
        long Epoch, int At, int Read, long Drawn, long Given, long WholeShards, long WholeSamples, ShardSegment[]? DealtAnew, int[] Shards, int[] Indexes);
}
