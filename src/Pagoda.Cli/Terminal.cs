using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pagoda.Torch;
using Spectre.Console;

namespace Pagoda.Cli;

/// <summary>How commands write: rich where a person looks at a terminal, plain where a file or a program reads.</summary>
internal static class Terminal
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter<ScalarType>(new LowerCase()) },
    };

    /// <summary>Colours and cursor movements only when the writer is this process's terminal and NO_COLOR is not set.</summary>
    public static IAnsiConsole Rich(TextWriter writer)
    {
        var terminal = IsTerminal(writer);
        var colourless = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = terminal && !colourless ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = terminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!terminal)
        {
            // Nobody folds lines in a file.
            console.Profile.Width = 1000;
        }

        return console;
    }

    public static bool IsTerminal(TextWriter writer) =>
        (ReferenceEquals(writer, Console.Out) && !Console.IsOutputRedirected)
        || (ReferenceEquals(writer, Console.Error) && !Console.IsErrorRedirected);

    public static void WriteJson(TextWriter writer, object value) => writer.WriteLine(JsonSerializer.Serialize(value, Json));

    /// <summary>Reads back what <see cref="WriteJson"/> wrote.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static T? ReadJson<T>(string text) => JsonSerializer.Deserialize<T>(text, Json);

    /// <summary>A borderless table: one row a line, columns separated by two spaces.</summary>
    public static Table Columns(params string[] headers)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = headers.Any(header => header.Length > 0) };
        foreach (var header in headers)
        {
            table.AddColumn(new TableColumn(new Markup($"[bold]{Markup.Escape(header)}[/]")) { Padding = new Padding(0, 0, 2, 0) });
        }

        return table;
    }

    /// <summary>Bytes for people: "605 MB", "1.31 GB" (powers of 1000).</summary>
    public static string Bytes(long bytes)
    {
        var (value, unit) = bytes switch
        {
            < 1000 => (bytes, "B"),
            < 1_000_000 => (bytes / 1e3, "kB"),
            < 1_000_000_000 => (bytes / 1e6, "MB"),
            < 1_000_000_000_000 => (bytes / 1e9, "GB"),
            _ => (bytes / 1e12, "TB"),
        };
        var digits = unit == "B" || value >= 100 ? "0" : value >= 10 ? "0.0" : "0.00";
        return string.Create(CultureInfo.InvariantCulture, $"{value.ToString(digits, CultureInfo.InvariantCulture)} {unit}");
    }

    /// <summary>Seconds for people: "42 s", "3:07", "2:03:07".</summary>
    public static string Duration(TimeSpan time) => time.TotalSeconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s")
        : time.ToString(time.TotalHours < 1 ? @"m\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture);

    private sealed class LowerCase : JsonNamingPolicy
    {
        public override string ConvertName(string name) => name.ToLowerInvariant();
    }
}
