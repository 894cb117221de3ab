using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Pagoda.Evaluation.Comparison;

/// <summary>The results of a comparison as files.</summary>
/// <param name="Settings">What was compared and how, by name.</param>
/// <param name="Prompts">What was painted.</param>
/// <param name="Rows">Each set of pictures with what was found of each picture.</param>
public sealed record ComparisonReport(
    IReadOnlyDictionary<string, string> Settings, IReadOnlyList<ScenePrompt> Prompts, IReadOnlyList<(PictureScore Score, IReadOnlyList<PictureFinding> Findings)> Rows)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    /// <summary>Settings and scores as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(new { Settings, Scores = Rows.Select(row => row.Score) }, s_json);

    /// <summary>What was found of each picture, a line each.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder("model,start,index,unseen,retrieved,named,caption\n");
        foreach (var (score, findings) in Rows)
        {
            for (var i = 0; i < findings.Count; i++)
            {
                var named = findings[i].Named is { } right ? (right ? "1" : "0") : "";
                text.Append(CultureInfo.InvariantCulture, $"{Field(score.Model)},{Field(score.Start)},{i},{(Prompts[i].IsUnseen ? 1 : 0)},{(findings[i].Retrieved ? 1 : 0)},{named},{Field(Prompts[i].Caption)}\n");
            }
        }

        return text.ToString();
    }

    /// <summary>The scores as a Markdown table.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder("""
            | model | start | Fréchet distance | caption first of 100 | seen combinations | unseen combinations | thing named right |
            |---|---|---|---|---|---|---|

            """);
        foreach (var (score, _) in Rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {score.Model} | {score.Start} | {Distance(score.Frechet)} | {Share(score.Retrieval)} | {Share(score.RetrievalSeen)} | {Share(score.RetrievalUnseen)} | {Share(score.Named)} |\n");
        }

        return text.ToString();
    }

    private static string Distance(Interval interval) =>
        string.Create(CultureInfo.InvariantCulture, $"{interval.Value:0.00} ({interval.Low:0.00}..{interval.High:0.00})");

    private static string Share(Interval interval) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * interval.Value:0.0} % ({100 * interval.Low:0.0}..{100 * interval.High:0.0})");

    private static string Field(string text) =>
        text.AsSpan().ContainsAny(',', '"') ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
