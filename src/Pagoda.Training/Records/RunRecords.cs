using System.Text;
using System.Text.Json.Nodes;
using Pagoda.Formats;
using Pagoda.Formats.Images;
using Pagoda.Formats.TensorBoard;
using Pagoda.Torch;
using Pagoda.Training.Watch;

namespace Pagoda.Training.Records;

/// <summary>
/// Keeps the records of a run in its folder: <c>metrics.jsonl</c>, TensorBoard's files in <c>events/</c>, pictures in <c>watch/</c> and
/// <c>run.json</c>. What was recorded after the step that the run goes on from is dropped, or marked so that TensorBoard drops it.
/// </summary>
public sealed class RunRecords : IDisposable
{
    private readonly string _folder;
    private readonly MetricsFile _metrics;
    private readonly EventFile _events;
    private RunRecord _record;

    /// <summary>Begins, or takes up, the records.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="options">The run.</param>
    /// <param name="step">Steps done already.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="data">What it is trained on.</param>
    /// <param name="ranks">Processes that train together; one of them keeps the records.</param>
    /// <exception cref="IOException">The disk refuses, or what the run starts from cannot be read.</exception>
    public RunRecords(string folder, TrainingOptions options, long step, Device device, TrainingData data, int ranks = 1)
    {
        _folder = folder;
        var before = step > 0 ? RunRecord.Read(folder) : null;
        _record = new RunRecord
        {
            Configuration = Nested(options),
            Start = before?.Start ?? FileFact.OfStart(options),
            Data = DataFact.Of(data),
            Parts = [.. (before?.Parts ?? []).Where(part => part.FromStep < step).Select(part => part with { ToStep = Math.Min(part.ToStep, step) }), RunPart.Begin(step, device, ranks)],
            PicturesLeftOut = before?.PicturesLeftOut ?? 0,
            Tokenizer = before?.Tokenizer,
            Watch = [.. (before?.Watch ?? []).Where(seen => seen.Step <= step)],
        };
        _metrics = new MetricsFile(folder, step);
        _events = new EventFile(Path.Combine(folder, "events"), step > 0 || before is not null ? step + 1 : null);
        _events.Text(step, "configuration", $"```yaml\n{TrainingConfigFile.Write(options)}```");
        _record.Write(folder);
    }

    /// <summary>The record as it stands.</summary>
    public RunRecord Record => _record;

    /// <summary>Records figures of a step, a line of <c>metrics.jsonl</c> and scalars of TensorBoard (under <c>train/</c> where a name has no slash).</summary>
    public void Scalars(long step, IEnumerable<(string Name, double Value)> figures)
    {
        var all = figures.ToList();
        _metrics.Write(step, all);
        _events.Scalars(step, all.Select(figure => (figure.Name.Contains('/', StringComparison.Ordinal) ? figure.Name : $"train/{figure.Name}", figure.Value)));
        Reach(step);
    }

    /// <summary>Records a picture of a step: <c>watch/NAME-STEP.png</c> and TensorBoard's <c>watch/NAME</c>.</summary>
    /// <param name="step">The step.</param>
    /// <param name="name">Its name, such as <c>paintings</c>.</param>
    /// <param name="picture">The picture.</param>
    public void Picture(long step, string name, Picture picture)
    {
        PictureFile.Save(Path.Combine(_folder, "watch", FormattableString.Invariant($"{name}-{step:000000}.png")), PictureFile.EncodePng(picture), force: true);
        _events.Image(step, $"watch/{name}", picture);
    }

    /// <summary>Records a text of a step: <c>watch/NAME-STEP.txt</c> and TensorBoard's <c>watch/NAME</c>.</summary>
    /// <param name="step">The step.</param>
    /// <param name="name">Its name, such as <c>captions</c>.</param>
    /// <param name="text">The text, in Markdown.</param>
    public void Text(long step, string name, string text)
    {
        AtomicFile.Write(Path.Combine(_folder, "watch", FormattableString.Invariant($"{name}-{step:000000}.txt")), overwrite: true, stream => stream.Write(Encoding.UTF8.GetBytes(text + "\n")));
        _events.Text(step, $"watch/{name}", text);
    }

    /// <summary>Records what was seen of the model.</summary>
    public void Watched(WatchFigures figures)
    {
        Scalars(figures.Step, [("watch/accuracy", figures.Accuracy), ("watch/attacked_accuracy", figures.AttackedAccuracy), ("watch/seconds", figures.Seconds)]);
        _record = _record with { Watch = [.. _record.Watch.Where(seen => seen.Step != figures.Step), figures] };
        _record.Write(_folder);
    }

    /// <summary>Records the table between the beginning's and the end's weights.</summary>
    public void Interpolated(IReadOnlyList<InterpolationPoint> points)
    {
        _record = _record with { Interpolation = points };
        _record.Write(_folder);
    }

    /// <summary>Brings <c>run.json</c> up to a step that has been saved.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="leftOut">Samples and shards that could not be used since the run began.</param>
    /// <param name="model">The model's file in the folder once these steps were the last, so that it is the run's result; null before.</param>
    public void Checkpoint(long step, long leftOut, string? model = null)
    {
        Reach(step);
        var tokenizer = Path.Combine(_folder, "tokenizer.json");
        _record = _record with
        {
            PicturesLeftOut = leftOut,
            Tokenizer = _record.Tokenizer ?? (File.Exists(tokenizer) ? Named(tokenizer) : null),
            Model = model is not null ? Named(Path.Combine(_folder, model)) : null,
        };
        _record.Write(_folder);
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        _metrics.Dispose();
        _events.Dispose();
    }

    private static FileFact Named(string path) => FileFact.Of(path) with { Path = Path.GetFileName(path) };

    private static JsonObject Nested(TrainingOptions options)
    {
        var root = new JsonObject();
        foreach (var (key, entry) in ConfigEntries.Parse(TrainingConfigFile.Write(options), "the options"))
        {
            var parts = key.Split('.', 2);
            var into = parts.Length == 1 ? root : (JsonObject)(root[parts[0]] ??= new JsonObject());
            into[parts[^1]] = entry.Value;
        }

        return root;
    }

    private void Reach(long step) =>
        _record = _record with { Parts = [.. _record.Parts.SkipLast(1), _record.Parts[^1] with { ToStep = step, Ended = DateTimeOffset.UtcNow }] };
}
