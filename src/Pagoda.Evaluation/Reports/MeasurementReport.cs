using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Pagoda.Evaluation.Reports;

/// <summary>What one command measured, or several reports joined.</summary>
/// <param name="Title">What it is about, such as <c>t2i-compbench</c>.</param>
/// <param name="Settings">How the pictures were made, to be read by people.</param>
/// <param name="Measurements">The numbers.</param>
/// <param name="Pictures">Folders of the pictures by their subject, relative to the report's file, for those who want to look.</param>
public sealed record MeasurementReport(string Title, JsonNode? Settings, IReadOnlyList<Measurement> Measurements, IReadOnlyDictionary<string, string>? Pictures = null)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
    };

    /// <summary>Settings as a report keeps them.</summary>
    public static JsonNode? SettingsOf(object settings) => JsonSerializer.SerializeToNode(settings, s_json);

    /// <summary>The same with the time, to the second, on every number that has none yet.</summary>
    public MeasurementReport MeasuredAt(DateTimeOffset now) => this with { Measurements = [.. Measurements.Select(one => one.At is null ? one with { At = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero) } : one)] };

    /// <summary>All of it as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The text.</param>
    /// <param name="name">The file, for the message.</param>
    /// <exception cref="InvalidDataException">It is no such report.</exception>
    public static MeasurementReport FromJson(string json, string name)
    {
        try
        {
            return JsonSerializer.Deserialize<MeasurementReport>(json, s_json) is { Title: not null, Measurements: not null } report ? report : throw new JsonException("it has no measurements");
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException($"{name} is no report of ./run eval: {problem.Message.ReplaceLineEndings(" ")}", problem);
        }
    }

    /// <summary>A line a number.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder("benchmark,subject,category,measure,status,samples,expected,score,low,high,real,real_low,real_high,judge,weights,fingerprint,signature,source,source_sha256,warning,note,at\n");
        foreach (var one in Measurements)
        {
            string[] fields =
            [
                one.Benchmark ?? Title, one.Subject, one.Category, one.Protocol.Measure, one.Status, Text(one.Protocol.Samples), Text(one.Expected), Text(one.Score?.Value), Text(one.Score?.Low), Text(one.Score?.High),
                Text(one.OnReal?.Value), Text(one.OnReal?.Low), Text(one.OnReal?.High), one.Protocol.Network ?? "", one.Protocol.Weights ?? "", one.Protocol.Fingerprint, one.Protocol.Signature,
                one.Source ?? "", one.SourceSha256 ?? "", one.Warning ?? "", one.Note ?? "", one.At?.ToString("u", CultureInfo.InvariantCulture) ?? "",
            ];
            text.AppendJoin(',', fields.Select(Field)).Append('\n');
        }

        return text.ToString();

        static string Text(double? number) => number is { } known && double.IsFinite(known) ? known.ToString("0.######", CultureInfo.InvariantCulture) : "";
        static string Field(string field) => field.AsSpan().ContainsAny(',', '"', '\n') ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;
    }
}
