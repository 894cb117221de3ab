namespace Pagoda.Data.Folders;

/// <summary>
/// The pictures of a folder and its subfolders. A picture's captions come from, in this order: <c>captions.csv</c>,
/// <c>captions.tsv</c> or <c>captions.jsonl</c> in the folder; a <c>.txt</c> of the same name, one caption a line; a
/// <c>.json</c> of the same name with <c>caption</c> (img2dataset writes both); the name of its subfolder, which is then its class.
/// </summary>
public sealed class ImageFolder : IPictureList
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".webp"];
    private readonly Utf8List _files = new();
    private readonly CaptionedFiles? _table;

    /// <summary>Lists a folder.</summary>
    /// <param name="folder">Where the pictures are.</param>
    /// <param name="captions">False leaves a table of captions unread.</param>
    /// <exception cref="DataException">The folder does not exist or has no pictures, or its table of captions is wrong.</exception>
    public ImageFolder(string folder, bool captions = true)
    {
        Name = folder;
        if (!Directory.Exists(folder))
        {
            throw new DataException($"The folder {folder} does not exist.");
        }

        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => Extensions.Contains(Path.GetExtension(file).ToLowerInvariant()))
            .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal))
        {
            _files.Add(file);
        }

        if (_files.Count == 0)
        {
            throw new DataException($"The folder {folder} has 0 pictures ({string.Join(", ", Extensions)}).");
        }

        var table = new[] { "captions.csv", "captions.tsv", "captions.jsonl" }.Select(name => Path.Combine(folder, name)).FirstOrDefault(name => captions && File.Exists(name));
        _table = table is null ? null : CaptionTable.Read(table, folder);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Count => _files.Count;

    /// <inheritdoc/>
    public string PathOf(int index) => Path.Combine(Name, _files[index]);

    /// <inheritdoc/>
    public IReadOnlyList<string> CaptionsOf(int index)
    {
        var file = _files[index];
        if (_table is { } table && (table.Find(file), table.Find(file[(file.LastIndexOf('/') + 1)..])) is var (whole, last) && Math.Max(whole, last) >= 0)
        {
            return table.CaptionsOf(whole >= 0 ? whole : last);
        }

        var path = PathOf(index);
        var (text, json) = (Beside(path, ".txt"), Beside(path, ".json"));
        var slash = file.LastIndexOf('/');
        return text is null && json is null && slash >= 0
            ? [file[..slash].Split('/')[^1].Replace('_', ' ').Replace('-', ' ')]
            : Captions.Beside(path, text, json);
    }

    private static byte[]? Beside(string picture, string extension)
    {
        var path = Path.ChangeExtension(picture, extension);
        try
        {
            return File.Exists(path) ? File.ReadAllBytes(path) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(Defect.UnreadableFile, $"{path} cannot be read: {error.Message}", error);
        }
    }
}
