using System.Globalization;
using System.IO.Compression;
using Pagoda.Data;
using Pagoda.Formats.Images;

namespace Pagoda.Evaluation.Pictures;

/// <summary>The pictures of a zip file, sorted by name as bytes; a .txt of the same name has its caption. Nothing is unpacked to the disk.</summary>
internal sealed class ZipPictures : PictureSource
{
    // A picture of 100 megapixels, the most that is decoded, stored without compression.
    private const long LargestFile = 1L << 29;

    private readonly string _path;
    private readonly string[] _names;

    public ZipPictures(string path)
    {
        _path = path;
        using var zip = Zip();
        _names = [.. zip.Entries.Select(entry => entry.FullName).Where(IsPicture).Order(StringComparer.Ordinal)];
        if (_names.Length == 0)
        {
            throw new InvalidDataException($"There is no picture in {path}; looked for {Kinds} among its {zip.Entries.Count} entries.");
        }
    }

    public override string Name => _path;

    public override string Description => $"{Pictures(_names.Length)} ({Kinds}) in {_path}";

    public override int? Count => _names.Length;

    public override string? Stamp => StampOf(_path);

    internal static string StampOf(string path)
    {
        var facts = new FileInfo(path);
        return string.Create(CultureInfo.InvariantCulture, $"{facts.FullName}\t{facts.Length}\t{facts.LastWriteTimeUtc.Ticks}");
    }

    public override IEnumerable<Func<SourcePicture>> Read(Share share)
    {
        using var zip = Zip();
        for (var i = 0; i < _names.Length; i++)
        {
            if (!share.Has(i))
            {
                continue;
            }

            var (number, name) = (i, _names[i]);
            var file = Content(zip.GetEntry(name)!);
            var text = zip.GetEntry(Path.ChangeExtension(name, ".txt")) is { } beside ? Content(beside) : null;
            yield return () => SourcePicture.Decode(number, $"{name} of {_path}", file, FirstLine(text));
        }
    }

    private ZipArchive Zip()
    {
        try
        {
            return ZipFile.OpenRead(_path);
        }
        catch (Exception problem) when (problem is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{_path} cannot be read as a zip file: {problem.Message}", problem);
        }
    }

    private byte[] Content(ZipArchiveEntry entry)
    {
        try
        {
            using var stream = entry.Open();
            var content = new MemoryStream();
            var part = new byte[1 << 16];
            // What the directory says of the size may be a lie.
            for (int read; (read = stream.Read(part)) > 0;)
            {
                content.Write(part, 0, read);
                if (content.Length > LargestFile)
                {
                    throw new PictureException($"{entry.FullName} of {_path} is larger than {LargestFile >> 20} MB, more than any picture that is read.");
                }
            }

            return content.ToArray();
        }
        catch (Exception problem) when (problem is InvalidDataException or IOException)
        {
            throw new PictureException($"{entry.FullName} of {_path} cannot be unpacked: {problem.Message}", problem);
        }
    }
}
