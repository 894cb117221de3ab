using System.Diagnostics;

namespace Pagoda.Generation;

/// <summary>
/// Says when a frame is due, so that looking at a painting costs it no more than a share of its time however dear frames are. It is
/// asked by the thread that paints and told of costs by any.
/// </summary>
/// <param name="least">The least time between two frames.</param>
/// <param name="share">The largest share of the time that frames may take, above 0 and below 1.</param>
public sealed class FramePace(TimeSpan least, double share = 0.02)
{
    private readonly Lock _lock = new();
    private long _last;
    private TimeSpan _cost;
    private bool _isFirst = true;

    /// <summary>What all frames have cost so far.</summary>
    public TimeSpan Total { get; private set; }

    /// <summary>Whether a frame is due now; if so the time until the next begins.</summary>
    public bool IsDue()
    {
        lock (_lock)
        {
            // The first frame of all loads and compiles what makes frames, which says nothing of the next.
            var pause = _isFirst ? least : _cost / share;
            if (_last != 0 && Stopwatch.GetElapsedTime(_last) < (pause > least ? pause : least))
            {
                return false;
            }

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
}
