namespace Pagoda.Data.Folders;

/// <summary>Captioned pictures of a list, endless, each once an epoch in an order drawn anew.</summary>
public sealed class ListedPictures : ICaptionedSource
{
    private const string What = "a list of pictures";
    private readonly IPictureList _list;
    private readonly ulong _seed;
    private readonly Share _share;
    private readonly ReachableData _reachable = new();
    private int[] _order = [];
    private int[][] _given = [];
    private long _epoch = -1;
    private int _next;

    /// <summary>Makes a stream over a list.</summary>
    /// <param name="list">The pictures.</param>
    /// <param name="seed">Decides the order.</param>
    /// <param name="share">This process's share of the pictures.</param>
    /// <exception cref="DataException">There are fewer pictures than processes.</exception>
    public ListedPictures(IPictureList list, ulong seed, Share? share = null)
    {
        (_list, _seed, _share) = (list, seed, (share ?? Share.All).Checked());
        if (list.Count < _share.Parts)
        {
            throw new DataException($"{list.Name} has {list.Count} pictures for {_share.Parts} processes; give it more.");
        }
    }

    /// <inheritdoc/>
    public StoredSample Next()
    {
        while (_next >= _order.Length)
        {
            BeginEpoch(_epoch + 1, []);
        }

        return new FileSample(_list, _order[_next++], _epoch, _reachable);
    }

    /// <inheritdoc/>
    public string Save() => Mark()();

    /// <inheritdoc/>
    public Func<string> Mark()
    {
        var place = new Place(_epoch, _next, _list.Count, _given);
        return () => Position.Write(place);
    }

    /// <inheritdoc/>
    public void Restore(string position) => GoTo(Understand(position));

    /// <inheritdoc/>
    public void Restore(IReadOnlyList<string> positions)
    {
        if (positions.Count == _share.Parts)
        {
            Restore(positions[_share.Part]);
            return;
        }

        var places = positions.Select(Understand).ToArray();
        var last = places.Min(place => place.Epoch);
        var behind = places.First(place => place.Epoch == last);
        // How far each process was; one that had begun the next epoch had given all of its share.
        int[] given = [.. places.Select(place => place.Epoch == last ? place.Next : int.MaxValue)];
        GoTo(behind with { Next = 0, Given = [.. behind.Given, given] });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private Place Understand(string position)
    {
        var place = Position.Read<Place>(position, What);
        return place.Files != _list.Count
            ? throw new DataException($"The position belongs to a list of {place.Files} pictures; {_list.Name} has {_list.Count}.")
            : place is { Epoch: >= -1, Next: >= 0 } && place.Given.All(stage => stage.Length > 0) ? place : throw Position.Wrong(position, What);
    }

    private void GoTo(Place place)
    {
        (_order, _given) = ([], []);
        if (place.Epoch >= 0)
        {
            BeginEpoch(place.Epoch, place.Given);
        }

        (_epoch, _next) = (place.Epoch, place.Next);
    }

    /// <param name="epoch">Which.</param>
    /// <param name="given">How many each process has given already of what was left, each time the number of processes changed.</param>
    private void BeginEpoch(long epoch, int[][] given)
    {
        var left = Enumerable.Range(0, _list.Count).ToArray();
        var random = new SampleRandom(_seed, epoch);
        random.Shuffle(left);
        foreach (var stage in given)
        {
            left = [.. left.Where((_, i) => i / stage.Length >= stage[i % stage.Length])];
        }

        (_order, _given, _epoch, _next) = ([.. left.Where((_, i) => _share.Has(i))], given, epoch, 0);
    }

    private sealed record Place(long Epoch, int Next, int Files, int[][] Given);

    private sealed record FileSample(IPictureList List, int Index, long Epoch, ReachableData Reachable) : StoredSample(List.Name, List.PathOf(Index), Epoch)
    {
        private const long LargestFile = 1L << 29;

        public override IReadOnlyList<string> Captions() => List.CaptionsOf(Index);

        public override byte[] Picture()
        {
            try
            {
                if (new FileInfo(Key) is { Exists: true, Length: > LargestFile })
                {
                    throw new DataException(Defect.TooLarge, $"{Key} is larger than {LargestFile >> 20} MiB.");
                }

                var bytes = File.ReadAllBytes(Key);
                Reachable.Read(Key);
                return bytes;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Reachable.ThrowIfGone(Key, error, []);
                throw error is FileNotFoundException or DirectoryNotFoundException
                    ? new DataException(Defect.MissingFile, $"{Key} is not there.", error)
                    : new DataException(Defect.UnreadableFile, $"{Key} cannot be read: {error.Message}", error);
            }
        }
    }
}
