using Pagoda.Data.Folders;
using Pagoda.Data.Shards;

namespace Pagoda.Data;

/// <summary>What kinds of stored data there are.</summary>
public enum StoredKind
{
    /// <summary>Webdataset shards.</summary>
    Shards,

    /// <summary>A folder of pictures with captions.</summary>
    Folder,

    /// <summary>A .csv, .tsv or .jsonl table of files and captions.</summary>
    Table,

    /// <summary>COCO's caption JSON and a folder of pictures.</summary>
    Coco,
}

/// <summary>Stored pictures with captions, found and listed once; streams over them are made as often as needed.</summary>
public sealed class StoredData
{
    private readonly Func<ulong, int, Share, ICaptionedSource> _stream;

    private StoredData(string description, IEnumerable<string> files, Func<ulong, int, Share, ICaptionedSource> stream) =>
        (Description, Files, _stream) = (description, files, stream);

    /// <summary>What it is and how much, in a few words.</summary>
    public string Description { get; }

    /// <summary>The files that say what is in it: shards, a folder's pictures and captions, a table; listed when asked for.</summary>
    public IEnumerable<string> Files { get; }

    /// <summary>How many shards there are; null for what does not lie in shards.</summary>
    public int? ShardCount { get; private init; }

    /// <summary>Finds data; tables are read, shards are only looked for.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="path">Where: a shard pattern or a folder of shards, a folder, a table, a JSON file.</param>
    /// <param name="images">What a table's or COCO's file names are relative to; the table's own folder when empty.</param>
    /// <param name="captions">False leaves a folder's table of captions unread.</param>
    /// <exception cref="DataException">It is not there or cannot be used.</exception>
    public static StoredData Open(StoredKind kind, string path, string images = "", bool captions = true) => kind switch
    {
        StoredKind.Shards => Shards(path),
        StoredKind.Folder => Listed(new ImageFolder(path, captions), Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)),
        StoredKind.Table => Listed(CaptionTable.Read(path, Beside(path, images)).Checked(), [path]),
        StoredKind.Coco => Listed(CocoCaptions.Read(path, Beside(path, images)).Checked(), [path]),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>
    /// Finds data by a name as mixtures write it: <c>shards:</c>, <c>folder:</c>, <c>table:</c> or <c>coco:</c> and the path, for tables
    /// and COCO with <c>@</c> and the pictures' folder; without a kind it is guessed from the name.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="captions">False leaves a folder's table of captions unread.</param>
    /// <exception cref="DataException">It is not there or cannot be used.</exception>
    public static StoredData Open(string name, bool captions = true)
    {
        var (kind, path) = Kind(name);
        var at = kind is StoredKind.Table or StoredKind.Coco ? path.LastIndexOf('@') : -1;
        return at > 0 ? Open(kind, path[..at], path[(at + 1)..], captions) : Open(kind, path, captions: captions);
    }

    /// <summary>An endless stream from its beginning.</summary>
    /// <param name="seed">Decides the order.</param>
    /// <param name="buffer">Samples of shards that wait to be drawn from.</param>
    /// <param name="share">This process's share.</param>
    public ICaptionedSource Stream(ulong seed, int buffer = WebDataset.DefaultBuffer, Share? share = null) => _stream(seed, buffer, share ?? Share.All);

    private static (StoredKind Kind, string Path) Kind(string name)
    {
        foreach (var kind in Enum.GetValues<StoredKind>())
        {
            var prefix = $"{kind.ToString().ToLowerInvariant()}:";
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && !name.StartsWith($"{prefix}:", StringComparison.Ordinal))
            {
                return (kind, name[prefix.Length..]);
            }
        }

        var file = name.LastIndexOf('@') is > 0 and var at ? name[..at] : name;
        return (Path.GetExtension(file).ToLowerInvariant() switch
        {
            ".tar" or ".gz" or ".tgz" => StoredKind.Shards,
            ".json" => StoredKind.Coco,
            ".csv" or ".tsv" or ".jsonl" => StoredKind.Table,
            _ when Directory.Exists(name) => Directory.EnumerateFiles(name, "*.tar").Any() ? StoredKind.Shards : StoredKind.Folder,
            _ => throw new DataException($"{name} is neither a folder nor a file of a known kind; write shards:, folder:, table: or coco: before it, or mend the path."),
        }, name);
    }

    private static StoredData Listed(IPictureList list, IEnumerable<string> files) =>
        new($"{list.Name}: {list.Count:N0} pictures", files, (seed, _, share) => new ListedPictures(list, seed, share));

    private static StoredData Shards(string pattern)
    {
        var shards = ShardPattern.Expand(pattern);
        if (shards.AsParallel().AsOrdered().FirstOrDefault(path => !Path.Exists(path)) is { } missing)
        {
            throw new DataException($"The shard {missing} does not exist.");
        }

        var bytes = shards.AsParallel().Sum(path => File.Exists(path) ? new FileInfo(path).Length : 0);
        var known = Img2DatasetStats.Successes(shards) is { } successes ? $"{successes:N0} pictures by img2dataset's count, " : "";
        return new($"{pattern}: {shards.Count:N0} shard(s), {known}{bytes / 1e6:N1} MB", shards, (seed, buffer, share) => new WebDataset(shards, seed, buffer, share))
        {
            ShardCount = shards.Count,
        };
    }

    private static string Beside(string table, string images) => images.Length > 0 ? images : Path.GetDirectoryName(Path.GetFullPath(table))!;
}
