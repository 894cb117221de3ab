using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Pagoda.Formats;
using Pagoda.Training.Watch;

namespace Pagoda.Training.Records;

/// <summary>
/// What there is to know of a run, as <c>run.json</c> (keys in snake case): enough to do it again, and to tell which files came of it.
/// </summary>
public sealed record RunRecord
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string FileName = "run.json";

    private const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
    };

    /// <summary>The version of this form; 1.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The whole configuration, every key with its value as text, as in <c>training.yaml</c>.</summary>
    public JsonNode? Configuration { get; init; }

    /// <summary>The files of the weights that it started from; none for new weights.</summary>
    public IReadOnlyList<FileFact> Start { get; init; } = [];

    /// <summary>The data.</summary>
    public DataFact? Data { get; init; }

    /// <summary>Who did which steps; more than one where the run was taken up again.</summary>
    public IReadOnlyList<RunPart> Parts { get; init; } = [];

    /// <summary>Pictures that could not be used.</summary>
    public long PicturesLeftOut { get; init; }

    /// <summary>The run's tokenizer, once it has been saved.</summary>
    public FileFact? Tokenizer { get; init; }

    /// <summary>The run's model, once the run has come to its end.</summary>
    public FileFact? Model { get; init; }

    /// <summary>What was seen of the model on the way.</summary>
    public IReadOnlyList<WatchFigures> Watch { get; init; } = [];

    /// <summary>Between the weights of the beginning and those of the end.</summary>
    public IReadOnlyList<InterpolationPoint> Interpolation { get; init; } = [];

    /// <summary>Reads a run's record; null where its folder has none that can be read.</summary>
    /// <param name="folder">The run's folder.</param>
    public static RunRecord? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return File.Exists(path) && JsonSerializer.Deserialize<RunRecord>(File.ReadAllBytes(path), Json) is { Format: CurrentFormat } record ? record : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes it, in place of an older one.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Write(string folder) =>
        AtomicFile.Write(Path.Combine(folder, FileName), overwrite: true, stream => stream.Write(JsonSerializer.SerializeToUtf8Bytes(this, Json)));
}
