using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Pagoda.Studio.Jobs;

/// <summary>
/// A log of lines of JSON that only grows: what was written and flushed is there after a crash, a killed process or a power cut. Lines that
/// come close together are flushed together.
/// </summary>
internal sealed class Journal : IAsyncDisposable
{
    private readonly FileStream _file;
    private readonly Channel<(byte[] Line, TaskCompletionSource Written)> _lines = Channel.CreateUnbounded<(byte[], TaskCompletionSource)>(new() { SingleReader = true });
    private readonly Task _writer;

    private Journal(FileStream file)
    {
        _file = file;
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Opens a log, or begins one, and reads what is in it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="read">Takes each line.</param>
    /// <param name="damaged">Told of lines that cannot be read; a half-written last line is cut off silently, as a killed process leaves it.</param>
    /// <exception cref="InvalidOperationException">Another process has it open.</exception>
    public static Journal Open(string path, Action<JsonElement> read, Action<int, string> damaged)
    {
        var file = OpenAlone(path);
        try
        {
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            var (start, number) = (0, 0);
            while (bytes.AsSpan(start).IndexOf((byte)'\n') is >= 0 and var length)
            {
                number++;
                ReadLine(bytes.AsMemory(start, length), number, read, damaged);
                start += length + 1;
            }

            file.SetLength(start);
            file.Position = start;
            return new Journal(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes a line.</summary>
    /// <returns>Done when it is on the disk.</returns>
    public Task Append(object line)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(line, StudioJson.Options), (byte)'\n'];
        return _lines.Writer.TryWrite((bytes, written)) ? written.Task : Task.FromException(new ObjectDisposedException(nameof(Journal)));
    }

    /// <summary>Writes what is left and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writer;
        await _file.DisposeAsync();
    }

    private static FileStream OpenAlone(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException problem) when (File.Exists(path))
        {
            throw new InvalidOperationException($"{path} is in use: another Pagoda Studio serves from this folder; stop it, or choose another --folder.", problem);
        }
    }

    private static void ReadLine(ReadOnlyMemory<byte> line, int number, Action<JsonElement> read, Action<int, string> damaged)
    {
        if (line.Span.Trim(" \r"u8).Length == 0)
        {
            return;
        }

        try
        {
            using var document = JsonDocument.Parse(line);
            read(document.RootElement);
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or NotSupportedException)
        {
            damaged(number, $"{problem.Message} ({Encoding.UTF8.GetString(line.Span[..Math.Min(60, line.Length)])})");
        }
    }

    private async Task WriteAsync()
    {
        List<TaskCompletionSource> waiting = [];
        while (await _lines.Reader.WaitToReadAsync())
        {
            try
            {
                while (_lines.Reader.TryRead(out var line))
                {
                    waiting.Add(line.Written);
                    await _file.WriteAsync(line.Line);
                }

                _file.Flush(flushToDisk: true);
                waiting.ForEach(written => written.SetResult());
            }
            catch (IOException problem)
            {
                // A full disk: whoever waits is told, and later lines are tried again.
                waiting.ForEach(written => written.TrySetException(problem));
            }

            waiting.Clear();
        }
    }
}
