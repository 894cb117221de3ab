using System.Text;
using System.Text.Json;
using Pagoda.Formats;

namespace Pagoda.Training.Records;

/// <summary>
/// A run's figures as <c>metrics.jsonl</c>, a JSON object a line with the step and every figure by name; what is no finite number is
/// null. A run that goes on from a checkpoint first drops the lines after it.
/// </summary>
internal sealed class MetricsFile : IDisposable
{
    public const string FileName = "metrics.jsonl";

    private readonly StreamWriter _writer;

    public MetricsFile(string folder, long step)
    {
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path))
        {
            var lines = File.ReadAllLines(path);
            var kept = lines.Where(line => StepOf(line) <= step).ToArray();
            if (kept.Length < lines.Length)
            {
                AtomicFile.Write(path, overwrite: true, stream => stream.Write(Encoding.UTF8.GetBytes(string.Concat(kept.Select(line => line + "\n")))));
            }
        }

        _writer = new StreamWriter(path, append: true) { AutoFlush = true, NewLine = "\n" };
    }

    public void Write(long step, IEnumerable<(string Name, double Value)> figures)
    {
        var line = new Dictionary<string, object?> { ["step"] = step };
        foreach (var (name, value) in figures)
        {
            line[name] = double.IsFinite(value) ? value : null;
        }

        _writer.WriteLine(JsonSerializer.Serialize(line));
    }

    public void Dispose() => _writer.Dispose();

    /// <summary>The step of a line; of half a line that a killed process left, none that counts.</summary>
    private static long StepOf(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.GetProperty("step").GetInt64();
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return long.MaxValue;
        }
    }
}
