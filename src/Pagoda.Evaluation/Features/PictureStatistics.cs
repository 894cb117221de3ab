using System.Text;
using System.Text.Json;
using Pagoda.Evaluation.Frechet;
using Pagoda.Formats.Npz;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Features;

/// <summary>How statistics were made: two of one origin but other pictures may be compared.</summary>
/// <param name="Network">The network's name.</param>
/// <param name="Weights">SHA-256 of its weights.</param>
/// <param name="Resizer">How pictures were brought to its size.</param>
/// <param name="Blur">Standard deviation of the blur before, in pixels.</param>
/// <param name="Content">SHA-256 over the files' own, in order.</param>
public sealed record StatisticsOrigin(string Network, string Weights, string Resizer, double Blur, string Content);

/// <summary>
/// What a set of pictures is compared by, as a file: <c>mu</c> and <c>sigma</c>, which pytorch-fid and clean-fid read too, <c>count</c>, the
/// <c>origin</c> (the bytes of a JSON text, a number each), and <c>features</c> where they are kept for measures that need more than moments.
/// </summary>
/// <param name="Moments">Mean and covariance.</param>
/// <param name="Origin">How they were made; null for files of other programs.</param>
/// <param name="Rows">The features <c>[N, D]</c> float32, if they are kept.</param>
public sealed record PictureStatistics(FeatureMoments Moments, StatisticsOrigin? Origin, Tensor? Rows = null) : IDisposable
{
    private const string OriginName = "origin", RowsName = "features";

    // Of one array in a file.
    private const long MostBytes = 1L << 30;

    /// <summary>Whether a path names statistics, and not pictures: by its ending.</summary>
    public static bool IsFile(string path) => Path.GetExtension(path).Equals(".npz", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a file, of Pagoda or of another program.</summary>
    /// <exception cref="NpzException">It cannot be read, or holds no moments.</exception>
    public static PictureStatistics Read(string path)
    {
        var moments = FeatureMoments.Read(path);
        try
        {
            using var unowned = TensorScope.Unowned();
            using var file = NpzFile.Open(path);
            return new PictureStatistics(moments, file.Has(OriginName) ? Origins(file, path) : null, file.Has(RowsName) ? file.Read(RowsName) : null);
        }
        catch
        {
            moments.Dispose();
            throw;
        }
    }

    /// <summary>Writes a file, whole or not at all; features are left out where they are larger than 1 GB.</summary>
    /// <exception cref="IOException">The file exists and may not be replaced, or the disk refuses.</exception>
    public void Write(string path, bool overwrite)
    {
        using var scope = new TensorScope();
        List<KeyValuePair<string, Tensor>> more = [];
        if (Origin is not null)
        {
            more.Add(new(OriginName, Tensor.From(JsonSerializer.SerializeToUtf8Bytes(Origin)).To(ScalarType.Float32)));
        }

        if (Rows is not null && Rows.Elements * sizeof(float) <= MostBytes)
        {
            more.Add(new(RowsName, Rows));
        }

        Moments.Write(path, overwrite, more);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Moments.Dispose();
        Rows?.Dispose();
    }

    private static StatisticsOrigin? Origins(NpzFile file, string path)
    {
        using var scope = new TensorScope();
        try
        {
            return JsonSerializer.Deserialize<StatisticsOrigin>(Encoding.UTF8.GetString([.. file.Read(OriginName).ToArray<float>().Select(letter => (byte)letter)]));
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            throw new NpzException($"{path}: what it says of its origin is damaged; make it again with ./run eval stats.", problem);
        }
    }
}
