using System.Globalization;
using System.Text.Json;

namespace Pagoda.Cli.Commands.Score;

/// <summary>A picture and a text with their score.</summary>
/// <param name="File">The picture's file.</param>
/// <param name="Text">The text.</param>
/// <param name="Cosine">The cosine of their embeddings.</param>
internal sealed record ScoreRow(string File, string Text, float Cosine)
{
    public float Energy => -Cosine;
}

/// <summary>Writes rows one by one, so that a million of them take no memory.</summary>
internal interface IScoreWriter : IDisposable
{
    void Write(ScoreRow row);
}

/// <summary>CSV: <c>file,text,cosine,energy</c>, numbers with all their digits.</summary>
internal sealed class CsvScores : IScoreWriter
{
    private readonly TextWriter _writer;

    public CsvScores(TextWriter writer)
    {
        _writer = writer;
        _writer.Write("file,text,cosine,energy\n");
    }

    public void Write(ScoreRow row) =>
        _writer.Write(string.Create(CultureInfo.InvariantCulture, $"{Quoted(row.File)},{Quoted(row.Text)},{row.Cosine:R},{row.Energy:R}\n"));

    public void Dispose() => _writer.Flush();

    private static string Quoted(string field) =>
        field.AsSpan().IndexOfAny(",\"\r\n") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

/// <summary>One JSON array, an object a line.</summary>
internal sealed class JsonScores(TextWriter writer) : IScoreWriter
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private bool _begun;

    public void Write(ScoreRow row)
    {
        writer.Write(_begun ? ",\n " : "[");
        writer.Write(JsonSerializer.Serialize(row, Json));
        _begun = true;
    }

    public void Dispose() => writer.WriteLine(_begun ? "]" : "[]");
}

/// <summary>Lines for people.</summary>
internal sealed class PlainScores(TextWriter writer) : IScoreWriter
{
    public void Write(ScoreRow row) => writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"cosine {row.Cosine,7:0.0000}  energy {row.Energy,7:0.0000}  {row.File}  {row.Text}"));

    public void Dispose()
    {
    }
}
