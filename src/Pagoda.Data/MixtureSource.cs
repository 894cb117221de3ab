namespace Pagoda.Data;

/// <summary>
/// Several sources as one: each sample is drawn from a source with a probability after its weight, by the seed and the
/// sample's number alone. Each source keeps its own epochs.
/// </summary>
public sealed class MixtureSource : ICaptionedSource
{
    private const string What = "a mixture of sources";
    private readonly ICaptionedSource[] _sources;
    private readonly Func<string>[] _marks;
    private readonly double[] _upTo;
    private readonly ulong _seed;
    private readonly Share _share;
    private long _start;
    private long _drawn;

    /// <summary>Mixes sources, which are disposed with this one.</summary>
    /// <param name="sources">Each with its weight: relative numbers of samples.</param>
    /// <param name="seed">Decides which source each sample comes from.</param>
    /// <param name="share">This process's share; the sources must have the same.</param>
    public MixtureSource(IReadOnlyList<(ICaptionedSource Source, double Weight)> sources, ulong seed, Share? share = null)
    {
        var sum = sources.Sum(one => one.Weight);
        if (sources.Count == 0 || sources.Any(one => !(one.Weight > 0)) || !double.IsFinite(sum))
        {
            throw new ArgumentException("A mixture has one source or more, each with a weight above 0.", nameof(sources));
        }

        (_sources, _seed, _share) = ([.. sources.Select(one => one.Source)], seed, (share ?? Share.All).Checked());
        _marks = Array.ConvertAll(_sources, source => source.Mark());
        _upTo = new double[sources.Count];
        for (var i = 0; i < sources.Count; i++)
        {
            _upTo[i] = (i == 0 ? 0 : _upTo[i - 1]) + sources[i].Weight / sum;
        }
    }

    /// <inheritdoc/>
    public StoredSample Next()
    {
        var random = new SampleRandom(_seed ^ 0x4D495854, _start + _drawn * _share.Parts + _share.Part);
        var point = random.NextDouble();
        var source = Array.FindIndex(_upTo, end => point < end);
        source = source < 0 ? _sources.Length - 1 : source;
        var sample = _sources[source].Next();
        _marks[source] = _sources[source].Mark();
        // What is known to be broken is no draw: the same source is asked again.
        _drawn += sample.Broken is null ? 1 : 0;
        return sample;
    }

    /// <inheritdoc/>
    public string Save() => Mark()();

    /// <inheritdoc/>
    public Func<string> Mark()
    {
        // Only the source that was drawn from has moved.
        var marks = _marks.ToArray();
        var (start, drawn) = (_start, _drawn);
        return () => Position.Write(new Place(start, drawn, Array.ConvertAll(marks, mark => mark())));
    }

    /// <inheritdoc/>
    public void Restore(string position)
    {
        var place = Understand(position);
        for (var i = 0; i < _sources.Length; i++)
        {
            _sources[i].Restore(place.Sources[i]);
            _marks[i] = _sources[i].Mark();
        }

        (_start, _drawn) = (place.Start, place.Drawn);
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
        for (var i = 0; i < _sources.Length; i++)
        {
            _sources[i].Restore([.. places.Select(place => place.Sources[i])]);
            _marks[i] = _sources[i].Mark();
        }

        (_start, _drawn) = (places.Max(place => place.Start + place.Drawn * positions.Count), 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var source in _sources)
        {
            source.Dispose();
        }
    }

    private Place Understand(string position)
    {
        var place = Position.Read<Place>(position, What);
        return place.Sources.Length == _sources.Length && place is { Start: >= 0, Drawn: >= 0 } ? place : throw Position.Wrong(position, What);
    }

    private sealed record Place(long Start, long Drawn, string[] Sources);
}
