using System.Globalization;
using System.Text.Json;

namespace Pagoda.Evaluation.Benchmarks;

/// <summary>The answers of one of T2I-CompBench's judges: <c>[{"question_id": 0, "answer": "0.7110"}, ...]</c>, a question a picture.</summary>
public static class JudgeResults
{
    /// <summary>Reads a file, in the order of the questions; answers may be numbers or texts.</summary>
    /// <exception cref="InvalidDataException">It is of another form.</exception>
    public static IReadOnlyList<(int Question, double Answer)> Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var answers = document.RootElement.EnumerateArray().Select(item => (Question: (int)Number(item.GetProperty("question_id")), Answer: Number(item.GetProperty("answer")))).OrderBy(item => item.Question).ToList();
            return answers.Count == 0 ? throw new InvalidDataException($"{path} has no answers; let the judge run again.")
                : answers.Any(item => item.Question < 0 || !double.IsFinite(item.Answer)) ? throw new InvalidDataException($"{path} has an answer that is no number; let the judge run again.")
                : answers.DistinctBy(item => item.Question).Count() < answers.Count ? throw new InvalidDataException($"{path} answers a question twice; let the judge run again.")
                : answers;
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new InvalidDataException($"{path} is no result file of a judge ([{{\"question_id\": 0, \"answer\": \"0.5\"}}, ...]): {problem.Message.ReplaceLineEndings(" ")}", problem);
        }

        static double Number(JsonElement value) => value.ValueKind == JsonValueKind.String ? double.Parse(value.GetString()!, CultureInfo.InvariantCulture) : value.GetDouble();
    }

    /// <summary>Writes answers in the same form.</summary>
    public static byte[] Write(IEnumerable<(int Question, double Answer)> answers) =>
        JsonSerializer.SerializeToUtf8Bytes(answers.Select(one => new { question_id = one.Question, answer = one.Answer.ToString("0.0000", CultureInfo.InvariantCulture) }));
}
