using System.Globalization;
using System.Text.Json;

namespace Pagoda.Data;

/// <summary>
/// Counts what is left out of the data, names each sample and shard once (in a file, a JSON object a line: <c>shard</c>,
/// <c>key</c>, <c>kind</c>, <c>reason</c>, <c>epoch</c>; the first ten also to the log), and says when it is too much.
/// </summary>
public sealed class LeftOutReport : IDisposable
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string FileName = "left-out.jsonl";

    /// <summary>Samples before the share is judged: fewer say little.</summary>
    public const int JudgedAfter = 200;

    private const int Told = 10;
    private readonly double _limit;
    private readonly string? _path;
    private readonly Action<string> _log;
    private readonly HashSet<ulong> _named = [];
    private readonly SortedDictionary<Defect, long> _kinds = [];
    private StreamWriter? _file;
    private long _good;
    private double _lost;
    private int _told;

    /// <summary>Begins to count.</summary>
    /// <param name="limit">The largest share of samples that may be broken.</param>
    /// <param name="path">The file to name them in, gone on with when it exists; none when null.</param>
    /// <param name="log">Told of the first ones and of the sum at the end, one sentence each.</param>
    public LeftOutReport(double limit = 1, string? path = null, Action<string>? log = null)
    {
        (_limit, _path, _log) = (limit, path, log ?? (_ => { }));
        if (path is not null && File.Exists(path))
        {
            foreach (var line in File.ReadLines(path))
            {
                ReadName(line);
            }
        }
    }

    /// <summary>How many samples and shards were left out since the stream's beginning.</summary>
    public long Count => _kinds.Values.Sum();

    /// <summary>The same by kind.</summary>
    public IReadOnlyDictionary<Defect, long> Kinds => _kinds;

    /// <summary>The estimated share of samples that was lost: shards that cannot be read count as many samples as others have.</summary>
    public double Share => _lost == 0 ? 0 : _lost / (_good + _lost);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Count > 0)
        {
            _log($"{Sum()} left out of {_good + Count:N0} samples{(_path is null ? "" : $"; {_path} names each")}.");
        }

        _file?.Dispose();
        _file = null;
    }

    /// <summary>Counts a sample that was used.</summary>
    internal void Use() => _good++;

    /// <summary>Counts, names and judges one that was not.</summary>
    /// <exception cref="DataException">The share is more than the limit.</exception>
    internal void LeaveOut(StoredSample sample, DataException error)
    {
        var kind = error.Defect ?? Defect.UndecodablePicture;
        _kinds[kind] = _kinds.GetValueOrDefault(kind) + 1;
        if (_named.Add(TextHash.Of($"{sample.Shard}\n{sample.Key}\n{kind}")))
        {
            Name(sample, kind, error.Message);
        }

        if (kind == Defect.NotDownloaded)
        {
            return;
        }

        _lost += sample.Weight;
        if (_good + _lost >= JudgedAfter && Share > _limit)
        {
            throw new DataException(string.Create(
                CultureInfo.InvariantCulture,
                $"{Share:P0} of the data is broken so far ({Sum()}), more than data.broken_limit allows ({_limit:P0}){(_path is null ? "" : $"; {_path} names each")}. Repair or fetch it again, or raise the limit; the run goes on from its last checkpoint."));
        }
    }

    internal Counts Save() => new(_good, _lost, _kinds.ToDictionary(kind => kind.Key.ToString(), kind => kind.Value));

    internal void Restore(IReadOnlyList<Counts> counts)
    {
        (_good, _lost) = (counts.Sum(one => one.Good), counts.Sum(one => one.Lost));
        _kinds.Clear();
        foreach (var (name, count) in counts.SelectMany(one => one.Kinds))
        {
            if (Enum.TryParse<Defect>(name, out var kind))
            {
                _kinds[kind] = _kinds.GetValueOrDefault(kind) + count;
            }
        }
    }

    private void Name(StoredSample sample, Defect kind, string reason)
    {
        if (++_told <= Told)
        {
            _log($"Left out: {reason}{(_told == Told ? $" Further ones are {(_path is null ? "not shown" : $"only in {_path}")}." : "")}");
        }

        if (_path is not null)
        {
            _file ??= new StreamWriter(_path, append: true) { AutoFlush = true, NewLine = "\n" };
            _file.WriteLine(JsonSerializer.Serialize(new Line(sample.Shard, sample.Key, kind.ToString(), reason, sample.Epoch), LineStyle));
        }
    }

    private void ReadName(string line)
    {
        try
        {
            if (JsonSerializer.Deserialize<Line>(line, LineStyle) is { } read)
            {
                _named.Add(TextHash.Of($"{read.Shard}\n{read.Key}\n{read.Kind}"));
            }
        }
        catch (JsonException)
        {
            // Half a line, left by a killed process, names nothing.
        }
    }

    private string Sum() => string.Join(", ", _kinds.Select(kind => $"{kind.Value:N0} {Words(kind.Key)}"));

    private static string Words(Defect kind) =>
        string.Concat(kind.ToString().Select(letter => char.IsUpper(letter) ? $" {char.ToLowerInvariant(letter)}" : $"{letter}")).Trim();

    private static readonly JsonSerializerOptions LineStyle = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>What was counted, as part of a position.</summary>
    internal sealed record Counts(long Good, double Lost, Dictionary<string, long> Kinds);

    private sealed record Line(string Shard, string Key, string Kind, string Reason, long Epoch);
}
