using System.Text.Json;
using Pagoda.Formats;

namespace Pagoda.Training;

/// <summary>
/// A run's figures as <c>log.jsonl</c>, a JSON object a line: step, loss, accuracy, the objective's own figures, learning
/// rate and pictures a second. A run that goes on from a checkpoint first drops the lines after it.
/// </summary>
internal sealed class TrainingLog : IDisposable
{
    public const string FileName = "log.jsonl";

    private readonly StreamWriter _writer;

    public TrainingLog(string folder, long step)
    {
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path))
        {
            var lines = File.ReadAllLines(path);
            var kept = lines.Where(line => StepOf(line) <= step).ToArray();
            if (kept.Length < lines.Length)
            {
                AtomicFile.Write(path, overwrite: true, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(string.Concat(kept.Select(line => line + "\n")))));
            }
        }

        _writer = new StreamWriter(path, append: true) { AutoFlush = true, NewLine = "\n" };
    }

    public void Write(TrainingReport report, double learningRate)
    {
        var line = new Dictionary<string, object>
        {
            ["step"] = report.Step,
            ["loss"] = report.Loss,
            ["accuracy"] = report.Accuracy,
        };
        foreach (var (name, value) in report.Figures)
        {
            line[name] = value;
        }

        line["learning_rate"] = learningRate;
        line["images_per_second"] = Math.Round(report.ImagesPerSecond, 2);
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
