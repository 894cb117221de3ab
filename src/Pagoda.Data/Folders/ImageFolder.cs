namespace Pagoda.Data.Folders;

/// <summary>
/// Captioned pictures of a folder and its subfolders, endless, each once an epoch in an order drawn anew. A picture's
/// captions come from, in this order: <c>captions.csv</c>, <c>captions.tsv</c> or <c>captions.jsonl</c> in the folder; a
/// <c>.txt</c> of the same name, one caption a line; the name of its subfolder, which is then its class.
/// </summary>
public sealed class ImageFolder : ICaptionedSource
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".webp"];
    private readonly string _folder;
    private readonly string[] _files;
    private readonly Dictionary<string, List<string>> _table;
    private readonly ulong _seed;
    private readonly int _part;
    private readonly int _parts;
    private readonly Action<string> _log;
    private int[] _order = [];
    private long _epoch = -1;
    private int _next;

    /// <summary>Lists a folder.</summary>
    /// <param name="folder">Where the pictures are.</param>
    /// <param name="seed">Decides the order.</param>
    /// <param name="part">This process's share of the pictures, when several train together.</param>
    /// <param name="parts">How many processes share the pictures.</param>
    /// <param name="log">Told of each picture that cannot be read or has no caption.</param>
    /// <exception cref="DataException">The folder does not exist or has no pictures, or its table of captions is wrong.</exception>
    public ImageFolder(string folder, ulong seed, int part = 0, int parts = 1, Action<string>? log = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(part, parts);
        (_folder, _seed, _part, _parts, _log) = (folder, seed, part, parts, log ?? (_ => { }));
        if (!Directory.Exists(folder))
        {
            throw new DataException($"The folder {folder} does not exist.");
        }

        _files = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => Extensions.Contains(Path.GetExtension(file).ToLowerInvariant()))
            .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)];
        if (_files.Length < parts)
        {
            throw new DataException($"The folder {folder} has {_files.Length} pictures ({string.Join(", ", Extensions)}) for {parts} processes; give it more.");
        }

        var table = new[] { "captions.csv", "captions.tsv", "captions.jsonl" }.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        _table = table is null ? [] : CaptionTable.Read(table);
    }

    /// <summary>Pictures in the folder.</summary>
    public int Count => _files.Length;

    /// <summary>How many pictures could not be read or had no caption, so far.</summary>
    public long BrokenCount { get; private set; }

    /// <inheritdoc/>
    public CaptionedSample Next()
    {
        for (var skipped = 0; skipped <= 2 * _files.Length; skipped++)
        {
            if (_next >= _order.Length)
            {
                BeginEpoch(_epoch + 1);
            }

            if (Read(_files[_order[_next++]]) is { } sample)
            {
                return sample;
            }

            BrokenCount++;
        }

        throw new DataException($"None of the {_files.Length} pictures of {_folder} can be read and has a caption.");
    }

    /// <inheritdoc/>
    public string Save() => Position.Write(new Place(_epoch, _next, _files.Length, BrokenCount));

    /// <inheritdoc/>
    public void Restore(string position)
    {
        var place = Position.Read<Place>(position, "a folder of pictures");
        if (place.Files != _files.Length)
        {
            throw new DataException($"The position belongs to a folder of {place.Files} pictures; {_folder} has {_files.Length}.");
        }

        if (place.Epoch < -1 || place.Next < 0)
        {
            throw Position.Wrong(position, "a folder of pictures", null);
        }

        _order = [];
        if (place.Epoch >= 0)
        {
            BeginEpoch(place.Epoch);
        }

        (_epoch, _next, BrokenCount) = (place.Epoch, place.Next, place.Broken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void BeginEpoch(long epoch)
    {
        var all = Enumerable.Range(0, _files.Length).ToArray();
        var random = new SampleRandom(_seed, epoch);
        random.Shuffle(all);
        (_order, _epoch, _next) = ([.. all.Where((_, i) => i % _parts == _part)], epoch, 0);
    }

    private CaptionedSample? Read(string file)
    {
        var path = Path.Combine(_folder, file);
        try
        {
            var captions = CaptionsOf(file, path);
            if (captions.Count > 0)
            {
                return new CaptionedSample(path, File.ReadAllBytes(path), captions);
            }

            _log($"{path} is left out: it has no caption in a table, in a .txt beside it, or by its folder's name.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _log($"{path} is left out: {error.Message}");
        }

        return null;
    }

    private IReadOnlyList<string> CaptionsOf(string file, string path)
    {
        if (_table.TryGetValue(file, out var listed) || _table.TryGetValue(Path.GetFileName(file), out listed))
        {
            return listed;
        }

        var text = Path.ChangeExtension(path, ".txt");
        if (File.Exists(text))
        {
            return Captions.FromText(File.ReadAllBytes(text));
        }

        var slash = file.LastIndexOf('/');
        return slash < 0 ? [] : [file[..slash].Split('/')[^1].Replace('_', ' ').Replace('-', ' ')];
    }

    private sealed record Place(long Epoch, int Next, int Files, long Broken);
}
