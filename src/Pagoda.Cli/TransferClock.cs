namespace Pagoda.Cli;

/// <summary>
/// Speed and time left of a transfer, from the bytes of the last ten seconds, so that what an earlier run brought and a pause long ago do
/// not count.
/// </summary>
internal sealed class TransferClock(TimeProvider? time = null)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly long _start = (time ?? TimeProvider.System).GetTimestamp();
    private readonly Queue<(TimeSpan At, long Received)> _samples = new();
    private readonly Lock _lock = new();
    private long _received;
    private long? _total;
    private TimeSpan _last;

    public TimeSpan Elapsed => _time.GetElapsedTime(_start);

    /// <summary>Bytes a second; <see langword="null"/> until there is something to measure.</summary>
    public double? Speed
    {
        get
        {
            lock (_lock)
            {
                return _samples.TryPeek(out var first) && Elapsed > first.At && _received > first.Received
                    ? (_received - first.Received) / (Elapsed - first.At).TotalSeconds
                    : null;
            }
        }
    }

    public void Update(long received, long? total)
    {
        lock (_lock)
        {
            if (received < _received)
            {
                _samples.Clear();
            }

            (_received, _total) = (received, total);
            var now = Elapsed;
            if (_samples.Count == 0 || now - _last > TimeSpan.FromMilliseconds(100))
            {
                _samples.Enqueue((now, received));
                _last = now;
            }

            while (_samples.Count > 1 && now - _samples.Peek().At > Window)
            {
                _samples.Dequeue();
            }
        }
    }

    /// <summary>For example "310 MB of 1.31 GB, 24.1 MB/s, 41 s left".</summary>
    public override string ToString()
    {
        var parts = new List<string>
        {
            _total is { } total ? $"{Terminal.Bytes(_received)} of {Terminal.Bytes(total)}" : Terminal.Bytes(_received),
        };
        if (Speed is { } speed)
        {
            parts.Add($"{Terminal.Bytes((long)speed)}/s");
            if (_total is { } whole)
            {
                parts.Add($"{Terminal.Duration(TimeSpan.FromSeconds((whole - _received) / speed))} left");
            }
        }

        return string.Join(", ", parts);
    }
}
