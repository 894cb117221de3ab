namespace Pagoda.Data.Folders;

/// <summary>Pictures that a table names, with their captions, gathered row by row and kept in little memory.</summary>
internal sealed class CaptionedFiles : IPictureList
{
    private const int Probed = 100;
    private readonly string _folder;
    private readonly Utf8List _files = new();
    private readonly Utf8List _captions = new();
    private readonly List<int> _owners = [];
    private readonly Dictionary<ulong, int> _known = [];
    private int[]? _first;
    private int[] _sorted = [];

    /// <param name="name">What it is read from.</param>
    /// <param name="folder">What the files' names are relative to.</param>
    public CaptionedFiles(string name, string folder) => (Name, _folder) = (name, folder);

    public string Name { get; }

    public int Count => _files.Count;

    public string PathOf(int index) => Path.Combine(_folder, _files[index]);

    public IReadOnlyList<string> CaptionsOf(int index)
    {
        var of = _first is { } first ? _sorted[first[index]..first[index + 1]] : throw new InvalidOperationException("The list is not complete.");
        return of.Length > 0 ? [.. of.Select(caption => _captions[caption])]
            : throw new DataException(Defect.NoCaption, $"{PathOf(index)} has no caption in {Name}.");
    }

    /// <summary>The number of a file's picture, new or known.</summary>
    public int Add(string file)
    {
        file = file.Replace('\\', '/');
        var hash = TextHash.Of(file);
        while (_known.TryGetValue(hash, out var known))
        {
            if (_files[known] == file)
            {
                return known;
            }

            hash++;
        }

        _known.Add(hash, _files.Count);
        _files.Add(file);
        return _files.Count - 1;
    }

    /// <summary>The number of a known file's picture; -1 when there is none.</summary>
    public int Find(string file)
    {
        for (var hash = TextHash.Of(file); _known.TryGetValue(hash, out var known); hash++)
        {
            if (_files[known] == file)
            {
                return known;
            }
        }

        return -1;
    }

    public void AddCaption(int picture, string caption)
    {
        if (caption.Trim() is { Length: > 0 } text)
        {
            _captions.Add(text);
            _owners.Add(picture);
        }
    }

    /// <summary>Sorts the captions by picture; nothing can be added afterwards.</summary>
    public CaptionedFiles Complete()
    {
        _first = new int[Count + 1];
        foreach (var owner in _owners)
        {
            _first[owner + 1]++;
        }

        for (var i = 0; i < Count; i++)
        {
            _first[i + 1] += _first[i];
        }

        _sorted = new int[_owners.Count];
        var next = _first[..Count];
        for (var caption = 0; caption < _owners.Count; caption++)
        {
            _sorted[next[_owners[caption]]++] = caption;
        }

        _owners.Clear();
        return this;
    }

    /// <exception cref="DataException">It names no picture, or none of the first ones is there.</exception>
    public CaptionedFiles Checked()
    {
        if (Count == 0)
        {
            throw new DataException($"{Name} names no picture.");
        }

        var tried = Math.Min(Probed, Count);
        return Enumerable.Range(0, tried).Any(index => File.Exists(PathOf(index)))
            ? this
            : throw new DataException($"{Name}: none of the first {tried} pictures is there, {PathOf(0)} for one; say with data.images which folder the names are relative to.");
    }
}
