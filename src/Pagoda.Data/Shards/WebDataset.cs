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

    private static readonly string[] PictureParts = ["jpg", "png", "jpeg", "webp"];
    private readonly IReadOnlyList<string> _shards;
    private readonly ulong _seed;
    private readonly int _capacity;
    private readonly int _part;
    private readonly int _parts;
    private readonly Action<string> _log;
    private readonly List<Waiting> _buffer = [];
    private int[] _order = [];
    private IEnumerator<TarSample>? _reader;
    private long _epoch = -1;
    private int _shard;
    private int _read;
    private long _drawn;
    private long _givenInEpoch;

    /// <summary>Makes a stream over shards.</summary>
    /// <param name="shards">Paths, as <see cref="ShardPattern.Expand"/> gives them.</param>
    /// <param name="seed">Decides the order.</param>
    /// <param name="buffer">Samples in the shuffle buffer; 1 keeps the order within shards.</param>
    /// <param name="part">This process's share of the shards, when several train together.</param>
    /// <param name="parts">How many processes share the shards.</param>
    /// <param name="log">Told of each broken shard and each sample without picture or caption.</param>
    /// <exception cref="DataException">A shard does not exist, or there are fewer shards than processes.</exception>
    public WebDataset(
        IReadOnlyList<string> shards, ulong seed, int buffer = DefaultBuffer, int part = 0, int parts = 1, Action<string>? log = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(part, parts);
        if (shards.FirstOrDefault(path => !File.Exists(path)) is { } missing)
        {
            throw new DataException($"The shard {missing} does not exist.");
        }

        if (shards.Count < parts)
        {
            throw new DataException($"{parts} processes cannot share {shards.Count} shards; write at least one shard a process.");
        }

        (_shards, _seed, _capacity, _part, _parts, _log) = (shards, seed, buffer, part, parts, log ?? (_ => { }));
    }

    /// <summary>How many shards ended early and how many samples lacked a picture or a caption, so far.</summary>
    public long BrokenCount { get; private set; }

    /// <inheritdoc/>
    public CaptionedSample Next()
    {
        // One sample is read for each given, two while the buffer grows from its fifth to its capacity: the first comes soon.
        var wanted = Math.Min(_capacity, Math.Max(_buffer.Count + 2, (_capacity + 4) / 5));
        while (_buffer.Count < wanted && ReadOne() is { } waiting)
        {
            _buffer.Add(waiting);
        }

        if (_buffer.Count == 0)
        {
            BeginEpoch(_epoch + 1);
            return Next();
        }

        var random = new SampleRandom(_seed ^ 0xB0FFE2, _drawn++);
        var at = random.Next(_buffer.Count);
        var sample = _buffer[at].Sample;
        _buffer[at] = _buffer[^1];
        _buffer.RemoveAt(_buffer.Count - 1);
        _givenInEpoch++;
        return sample;
    }

    /// <inheritdoc/>
    public string Save() => Position.Write(new Place(
        _epoch, _shard, _read, _drawn, _givenInEpoch, BrokenCount, [.. _buffer.Select(waiting => waiting.Shard)], [.. _buffer.Select(waiting => waiting.Index)]));

    /// <inheritdoc/>
    public void Restore(string position)
    {
        const string What = "a stream of webdataset shards";
        var place = Position.Read<Place>(position, What);
        if (place.Shards.Length != place.Indexes.Length || place.Shards.Any(shard => shard < 0 || shard >= _shards.Count)
            || place.Epoch < -1 || place.Shard < 0 || place.Read < 0)
        {
            throw Position.Wrong(position, What, null);
        }

        _buffer.Clear();
        _order = place.Epoch < 0 ? [] : Order(place.Epoch);
        CloseReader();
        (_epoch, _shard, _read) = (place.Epoch, place.Shard, place.Read);
        (_drawn, _givenInEpoch, BrokenCount) = (place.Drawn, place.Given, place.Broken);
        _buffer.AddRange(Reread(place));
        if (_read > 0 && _shard < _order.Length)
        {
            _reader = TarSamples.Read(_shards[_order[_shard]]).GetEnumerator();
            for (var i = 0; i < _read; i++)
            {
                if (!_reader.MoveNext())
                {
                    throw Position.Wrong(position, What, null);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => CloseReader();

    private IEnumerable<Waiting> Reread(Place place)
    {
        var found = new Dictionary<(int, int), CaptionedSample>();
        foreach (var group in place.Shards.Zip(place.Indexes).GroupBy(slot => slot.First, slot => slot.Second))
        {
            var wanted = group.ToHashSet();
            var last = wanted.Max();
            foreach (var sample in TarSamples.Read(_shards[group.Key]).TakeWhile(sample => sample.Index <= last))
            {
                if (wanted.Contains(sample.Index) && Understand(sample) is { } captioned)
                {
                    found.Add((group.Key, sample.Index), captioned);
                }
            }
        }

        foreach (var slot in place.Shards.Zip(place.Indexes))
        {
            yield return found.TryGetValue(slot, out var sample)
                ? new Waiting(slot.First, slot.Second, sample)
                : throw new DataException($"The shard {_shards[slot.First]} has changed: its sample {slot.Second} of the saved position is gone.");
        }
    }

    private Waiting? ReadOne()
    {
        while (_epoch >= 0 && _shard < _order.Length)
        {
            var shard = _order[_shard];
            try
            {
                _reader ??= TarSamples.Read(_shards[shard]).GetEnumerator();
                while (_reader.MoveNext())
                {
                    _read++;
                    var sample = _reader.Current;
                    if (Understand(sample) is { } captioned)
                    {
                        return new Waiting(shard, sample.Index, captioned);
                    }

                    BrokenCount++;
                    _log($"The sample {sample.Key} of {sample.Shard} is left out: it lacks a picture (jpg, png, webp) or a caption (txt, json).");
                }
            }
            catch (DataException error)
            {
                BrokenCount++;
                _log($"The rest of the shard is left out. {error.Message}");
            }

            CloseReader();
            _shard++;
            _read = 0;
        }

        return null;
    }

    private void BeginEpoch(long epoch)
    {
        if (_epoch >= 0 && _givenInEpoch == 0)
        {
            throw new DataException($"The {_order.Length} shards, {_shards[_order[0]]} for one, have no sample with a picture and a caption.");
        }

        (_epoch, _shard, _read, _givenInEpoch) = (epoch, 0, 0, 0);
        _order = Order(epoch);
    }

    private int[] Order(long epoch)
    {
        // Every process draws the same order and takes each parts-th shard of it.
        var all = Enumerable.Range(0, _shards.Count).ToArray();
        var random = new SampleRandom(_seed, epoch);
        random.Shuffle(all);
        return [.. all.Where((_, i) => i % _parts == _part)];
    }

    private static CaptionedSample? Understand(TarSample sample)
    {
        var picture = PictureParts.Select(part => sample.Parts.GetValueOrDefault(part)).FirstOrDefault(bytes => bytes is not null);
        var captions = sample.Parts.TryGetValue("txt", out var text) ? Captions.FromText(text) : [];
        if (captions.Length == 0 && sample.Parts.TryGetValue("json", out var json))
        {
            captions = Captions.FromJson(json);
        }

        return picture is null || captions.Length == 0 ? null : new CaptionedSample($"{sample.Key} of {sample.Shard}", picture, captions);
    }

    private void CloseReader()
    {
        _reader?.Dispose();
        _reader = null;
    }

    private sealed record Waiting(int Shard, int Index, CaptionedSample Sample);

    private sealed record Place(long Epoch, int Shard, int Read, long Drawn, long Given, long Broken, int[] Shards, int[] Indexes);
}
