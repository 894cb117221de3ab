using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pagoda.Formats;
using Pagoda.Formats.Images;
using Pagoda.Generation.Provenance;

namespace Pagoda.Studio.Jobs;

/// <summary>The files of painted and uploaded pictures. Their names are made here and never taken from anybody.</summary>
internal sealed class PictureStore
{
    /// <summary>The keyword of the PNG text that holds a picture's settings, beside the record of <see cref="PaintingRecord"/>.</summary>
    public const string SettingsKeyword = "pagoda.settings";

    private readonly string _pictures;
    private readonly string _uploads;
    private readonly StudioLimits _limits;
    private readonly SemaphoreSlim _decoding = new(2);

    public PictureStore(string folder, StudioLimits limits)
    {
        (_pictures, _uploads, _limits) = (Path.Combine(folder, "pictures"), Path.Combine(folder, "uploads"), limits);
        Directory.CreateDirectory(_pictures);
        Directory.CreateDirectory(_uploads);
    }

    /// <summary>A name that nobody guesses.</summary>
    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Whether a text has the form of a name.</summary>
    public static bool IsId(string? text) => text is { Length: 32 } && text.All(char.IsAsciiHexDigitLower);

    /// <summary>The file of a picture, painted or uploaded; null when there is none.</summary>
    public string? Find(string id) => !IsId(id) ? null : new[] { _pictures, _uploads }.Select(folder => Path.Combine(folder, $"{id}.png")).FirstOrDefault(File.Exists);

    /// <summary>Another file of a painted picture; null when there is none.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="extension">Such as <c>.webp</c>.</param>
    public string? Find(string id, string extension) => IsId(id) && Path.Combine(_pictures, $"{id}{extension}") is var file && File.Exists(file) ? file : null;

    /// <summary>Keeps a file of a painted picture.</summary>
    public void Save(string id, string extension, ReadOnlySpan<byte> bytes)
    {
        var copy = bytes.ToArray();
        AtomicFile.Write(Path.Combine(_pictures, $"{id}{extension}"), overwrite: true, stream => stream.Write(copy));
    }

    /// <summary>Keeps how a picture's energy went.</summary>
    public void SaveCurve(string id, IReadOnlyList<double[]> curve) => Save(id, ".curve.json", JsonSerializer.SerializeToUtf8Bytes(curve));

    /// <summary>How a picture's energy went: pairs of step and energy.</summary>
    public JsonNode? Curve(string id) => Find(id, ".curve.json") is { } file ? JsonNode.Parse(File.ReadAllBytes(file)) : null;

    /// <summary>Removes all files of a painted picture.</summary>
    public void Delete(string id)
    {
        foreach (var file in Directory.EnumerateFiles(_pictures, $"{id}.*"))
        {
            File.Delete(file);
        }
    }

    /// <summary>Decodes what a stranger sent, without trusting it, and keeps it as a PNG that says nothing but its pixels.</summary>
    /// <returns>Its name and size; the same picture has the same name.</returns>
    /// <exception cref="ApiException">It is no picture, damaged, or too large.</exception>
    public async Task<(string Id, int Width, int Height)> UploadAsync(byte[] data, string param, CancellationToken cancel)
    {
        var picture = await DecodeAsync(data, param, cancel);
        return Keep(picture);
    }

    /// <summary>Keeps a picture.</summary>
    public (string Id, int Width, int Height) Keep(Picture picture)
    {
        var png = PictureFile.EncodePng(picture, compression: 3);
        var id = Convert.ToHexStringLower(SHA256.HashData(png))[..32];
        var file = Path.Combine(_uploads, $"{id}.png");
        if (!File.Exists(file))
        {
            AtomicFile.Write(file, overwrite: true, stream => stream.Write(png));
        }

        return (id, picture.Width, picture.Height);
    }

    /// <summary>Removes uploaded pictures that nothing was made of within a day.</summary>
    /// <param name="needed">The names of those that stay.</param>
    public void ForgetUploads(HashSet<string> needed)
    {
        var old = DateTime.UtcNow.AddDays(-1);
        foreach (var file in new DirectoryInfo(_uploads).EnumerateFiles("*.png").Where(file => file.LastWriteTimeUtc < old && !needed.Contains(Path.GetFileNameWithoutExtension(file.Name))))
        {
            file.Delete();
        }
    }

    /// <summary>Decodes what a stranger sent; few at a time, because each may be large.</summary>
    /// <exception cref="ApiException">It is no picture, damaged, or too large.</exception>
    public async Task<Picture> DecodeAsync(byte[] data, string param, CancellationToken cancel)
    {
        await _decoding.WaitAsync(cancel);
        try
        {
            return await Task.Run(() => PictureFile.Decode(data, "The picture", new DecodeLimits { MaximumPixels = _limits.UploadPixels, MaximumBytes = 4 * _limits.UploadPixels }), cancel);
        }
        catch (PictureException problem)
        {
            throw ApiException.Invalid(problem.Message, param, "invalid_image");
        }
        finally
        {
            _decoding.Release();
        }
    }

    /// <summary>The PNG file with its pixels alone.</summary>
    public static byte[] Strip(byte[] png) => PictureFile.EncodePng(PictureFile.Decode(png));

    /// <summary>What a PNG's texts say of its settings.</summary>
    /// <exception cref="ApiException">It says nothing of them.</exception>
    public static (JsonObject? Settings, PaintingRecord Record) Inspect(byte[] png)
    {
        try
        {
            var record = PaintingRecord.FromPng(png, "The picture");
            var text = PictureFile.ReadPngTexts(png).FirstOrDefault(text => text.Keyword == SettingsKeyword)?.Text;
            return (text is null ? null : JsonNode.Parse(text) as JsonObject, record);
        }
        catch (Exception problem) when (problem is PictureException or Generation.GenerationException or JsonException)
        {
            throw new ApiException(422, "invalid_request_error", problem.Message, "picture", "no_record");
        }
    }

    /// <summary>The texts of a painted picture's PNG.</summary>
    public static IReadOnlyList<PngText> Texts(PaintingRecord record, JsonObject settings) =>
        [.. record.ToPngTexts(), new PngText(SettingsKeyword, Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(settings, StudioJson.Options)))];
}
