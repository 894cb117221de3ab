using System.Globalization;
using System.Text;
using Pagoda.Data;
using Pagoda.Formats.Images;

namespace Pagoda.Evaluation.Pictures;

/// <summary>The pictures of a folder and all below it, sorted by path as bytes; the first line of a .txt beside one is its caption.</summary>
internal sealed class FolderPictures : PictureSource
{
    private readonly string _folder;
    private readonly string[] _files;
    private readonly int _others;

    public FolderPictures(string folder)
    {
        _folder = folder;
        _files = [.. Files(folder).Order(StringComparer.Ordinal)];
        _others = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file))
            .Count(file => !IsPicture(file) && !IsHidden(file) && Path.GetExtension(file).ToLowerInvariant() is not (".txt" or ".json"));
        if (_files.Length == 0)
        {
            throw new InvalidDataException($"There is no picture in {folder}; looked for {Kinds} there and below{(_others > 0 ? string.Create(CultureInfo.InvariantCulture, $" among {_others:N0} other files") : "")}.");
        }
    }

    public override string Name => _folder;

    public override string Description => string.Create(
        CultureInfo.InvariantCulture, $"{Pictures(_files.Length)} ({Kinds}) in {_folder} and below{(_others > 0 ? $"; {_others:N0} other file(s) are no such pictures and left out" : "")}");

    public override int? Count => _files.Length;

    public override string? Stamp
    {
        get
        {
            var text = new StringBuilder(Path.GetFullPath(_folder));
            foreach (var file in _files)
            {
                var facts = new FileInfo(Path.Combine(_folder, file));
                text.Append(CultureInfo.InvariantCulture, $"\n{file}\t{facts.Length}\t{facts.LastWriteTimeUtc.Ticks}");
            }

            return text.ToString();
        }
    }

    /// <summary>The relative paths of its pictures.</summary>
    public static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Where(IsPicture);

    public override IEnumerable<Func<SourcePicture>> Read(Share share) =>
        _files.Select((file, number) => (Path: Path.Combine(_folder, file), Number: number)).Where(one => share.Has(one.Number))
            .Select(one => (Func<SourcePicture>)(() => Load(one.Number, one.Path)));

    internal static SourcePicture Load(int number, string path, string? caption = null) => SourcePicture.Decode(number, path, Content(path), caption ?? Beside(path));

    private static string? Beside(string path) => Path.ChangeExtension(path, ".txt") is var text && File.Exists(text) ? FirstLine(Content(text)) : null;

    private static byte[] Content(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new PictureException($"{path} cannot be read: {problem.Message}", problem);
        }
    }
}
