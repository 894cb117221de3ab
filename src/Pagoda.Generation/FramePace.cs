using System.Diagnostics;
using System.Globalization;
using Pagoda.Torch;

namespace Pagoda.Generation;

/// <summary>
/// Says when a frame is due, so that looking at a painting costs it no more than a share of its time however dear frames are, those who
/// look included: a browser that shows frames on the same machine takes cores away, which the thread that paints sees as time that it has
/// to wait for one. It is asked by the thread that paints and told of costs by any.
/// </summary>
public sealed class FramePace
{
    // Whatever else keeps the machine busy, a watcher sees something now and then.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);
    private readonly TimeSpan _least;
    private readonly double _share;
    private readonly Func<TimeSpan> _waiting;
    private readonly Lock _lock = new();
    private long _last;
    private TimeSpan _cost;
    private TimeSpan _waited;
    private bool _isFirst = true;

    /// <param name="least">The least time between two frames.</param>
    /// <param name="share">The largest share of the time that frames may take, above 0 and below 1.</param>
    public FramePace(TimeSpan least, double share = 0.02)
        : this(least, share, Waited)
    {
    }

    internal FramePace(TimeSpan least, double share, Func<TimeSpan> waiting) => (_least, _share, _waiting) = (least, share, waiting);

    /// <summary>What all frames have cost so far.</summary>
    public TimeSpan Total { get; private set; }

    /// <summary>Whether a frame is due now; if so the time until the next begins.</summary>
    public bool IsDue()
    {
        lock (_lock)
        {
            if (_last != 0 && Stopwatch.GetElapsedTime(_last) < _least)
            {
                return false;
            }

            // The first frame of all loads and compiles what makes frames, which says nothing of the next.
            var waited = _waiting();
            var pause = (_cost + waited - _waited) / _share;
            if (_last != 0 && !_isFirst && Stopwatch.GetElapsedTime(_last) < (pause < s_longest ? pause : s_longest))
            {
                return false;
            }

            _waited = waited;
            _isFirst = _last == 0;
            (_last, _cost) = (Stopwatch.GetTimestamp(), TimeSpan.Zero);
            return true;
        }
    }

    /// <summary>Tells what the last frame has cost: making it, encoding it.</summary>
    public void Spent(TimeSpan cost)
    {
        lock (_lock)
        {
            _cost += cost;
            Total += cost;
        }
    }

    /// <summary>
    /// How long this thread and the workers of its operators have waited for a core (Linux: /proc/thread-self/schedstat, its second number, in
    /// nanoseconds; it waits for each worker as long as it has waited itself).
    /// </summary>
    private static TimeSpan Waited()
    {
        const string Statistics = "/proc/thread-self/schedstat";
        try
        {
            return File.Exists(Statistics) && File.ReadAllText(Statistics).Split(' ') is [_, var nanoseconds, ..] && long.TryParse(nanoseconds, CultureInfo.InvariantCulture, out var number)
                ? LibTorch.Threads * TimeSpan.FromTicks(number / TimeSpan.NanosecondsPerTick)
                : TimeSpan.Zero;
        }
        catch (IOException)
        {
            return TimeSpan.Zero;
        }
    }
}
