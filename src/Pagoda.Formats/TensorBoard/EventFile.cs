using System.Buffers.Binary;
using System.Globalization;
using Pagoda.Formats.Images;

namespace Pagoda.Formats.TensorBoard;

/// <summary>
/// Writes what TensorBoard shows: <c>events.out.tfevents.*</c>, records of TensorFlow's <c>Event</c> message with a masked CRC-32C
/// of length and content (tensorflow/tensorflow: lib/io/record_writer.cc; tsl/protobuf: event.proto, summary.proto). Each event is handed to the
/// system when it is written, so that a killed process loses none. Several files in a folder are one run to TensorBoard.
/// </summary>
public sealed class EventFile : IDisposable
{
    private const string Beginning = "events.out.tfevents.";
    private readonly FileStream _stream;

    /// <summary>Begins a new file, which TensorBoard reads after those that are in the folder.</summary>
    /// <param name="folder">The folder; made when missing.</param>
    /// <param name="firstStep">
    /// When a run goes on, the first step that comes: what earlier files say of it and of later ones is to be forgotten
    /// (<c>SessionLog.START</c>; tensorboard: event_accumulator.py, _CheckForRestartAndMaybePurge).
    /// </param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public EventFile(string folder, long? firstStep = null)
    {
        Directory.CreateDirectory(folder);
        (_stream, Path) = Create(folder);
        Write(new ProtocolMessage().Add(1, Now).Add(3, "brain.Event:2"));
        if (firstStep is { } step)
        {
            const long Start = 1;
            Write(Event(step).Add(7, new ProtocolMessage().Add(1, Start)));
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    private static double Now => DateTime.UtcNow.Subtract(DateTime.UnixEpoch).TotalSeconds;

    /// <summary>Adds figures of a step in one event.</summary>
    public void Scalars(long step, IEnumerable<(string Tag, double Value)> figures)
    {
        var summary = new ProtocolMessage();
        foreach (var (tag, value) in figures)
        {
            summary.Add(1, new ProtocolMessage().Add(1, tag).Add(2, (float)value));
        }

        Write(Event(step).Add(5, summary));
    }

    /// <summary>Adds a picture of a step, as PNG.</summary>
    public void Image(long step, string tag, Picture picture)
    {
        const long Rgb = 3;
        var image = new ProtocolMessage().Add(1, (long)picture.Height).Add(2, (long)picture.Width).Add(3, Rgb).Add(4, PictureFile.EncodePng(picture.ToRgb()));
        Write(Event(step).Add(5, new ProtocolMessage().Add(1, new ProtocolMessage().Add(1, tag).Add(4, image))));
    }

    /// <summary>Adds a text of a step, which TensorBoard shows as Markdown.</summary>
    public void Text(long step, string tag, string markdown)
    {
        // A tensor of one string for the plugin "text" (tensorboard: plugins/text/summary.py).
        const long StringType = 7;
        var metadata = new ProtocolMessage().Add(1, new ProtocolMessage().Add(1, "text"));
        var shape = new ProtocolMessage().Add(2, new ProtocolMessage().Add(1, 1L));
        var tensor = new ProtocolMessage().Add(1, StringType).Add(2, shape).Add(8, markdown);
        Write(Event(step).Add(5, new ProtocolMessage().Add(1, new ProtocolMessage().Add(1, tag).Add(8, tensor).Add(9, metadata))));
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static ProtocolMessage Event(long step) => new ProtocolMessage().Add(1, Now).Add(2, step);

    /// <summary>Names sort by time, which is the order in which TensorBoard reads: a second file of the same second gets the next one.</summary>
    private static (FileStream Stream, string Path) Create(string folder)
    {
        var last = Directory.EnumerateFiles(folder, $"{Beginning}*")
            .Select(file => System.IO.Path.GetFileName(file)[Beginning.Length..].Split('.')[0])
            .Select(text => long.TryParse(text, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0)
            .DefaultIfEmpty().Max();
        var time = Math.Max(last + 1, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        var path = System.IO.Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Beginning}{time:0000000000}.{Environment.MachineName}.{Environment.ProcessId}"));
        return (new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 0), path);
    }

    private void Write(ProtocolMessage content)
    {
        var bytes = content.Bytes;
        var record = new byte[bytes.Length + 16];
        BinaryPrimitives.WriteInt64LittleEndian(record, bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), MaskedCrc32C.Of(record.AsSpan(0, 8)));
        bytes.CopyTo(record.AsSpan(12));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + bytes.Length), MaskedCrc32C.Of(bytes));
        _stream.Write(record);
    }
}
