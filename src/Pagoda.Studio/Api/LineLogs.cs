using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Pagoda.Studio.Api;

/// <summary>Logs as lines: for people, or one JSON object each.</summary>
internal sealed class LineLogs(TextWriter output, bool json) : ILoggerProvider
{
    private readonly Lock _lock = new();

    public ILogger CreateLogger(string categoryName) => new Lines(this);

    public void Dispose()
    {
    }

    private void Write(LogLevel level, IReadOnlyList<KeyValuePair<string, object?>>? values, string message, Exception? problem)
    {
        var now = DateTimeOffset.Now;
        string line;
        if (json)
        {
            var entry = new Dictionary<string, object?> { ["time"] = now.ToString("O"), ["level"] = level.ToString().ToLowerInvariant(), ["message"] = message };
            foreach (var (name, value) in values ?? [])
            {
                if (name != "{OriginalFormat}")
                {
                    entry[JsonNamingPolicy.CamelCase.ConvertName(name)] = value is null or string or bool or int or long or double ? value : value.ToString();
                }
            }

            if (problem is not null)
            {
                entry["exception"] = problem.ToString();
            }

            line = JsonSerializer.Serialize(entry, StudioJson.Options);
        }
        else
        {
            // What a client sent must not look like a line of its own.
            var text = new string([.. message.Select(letter => char.IsControl(letter) ? ' ' : letter)]);
            line = $"{now:HH:mm:ss} {(level >= LogLevel.Warning ? $"{level.ToString().ToLowerInvariant()}: " : "")}{text}{(problem is null ? "" : $"\n{problem}")}";
        }

        lock (_lock)
        {
            output.WriteLine(line);
        }
    }

    private sealed class Lines(LineLogs owner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            owner.Write(logLevel, state as IReadOnlyList<KeyValuePair<string, object?>>, formatter(state, exception), exception);
    }
}
