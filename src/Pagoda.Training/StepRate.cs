using System.Diagnostics;

namespace Pagoda.Training;

/// <summary>Steps a second since the last mark but one, so that the rate is neither stale nor jumpy.</summary>
/// <param name="step">Steps done when the clock starts.</param>
internal sealed class StepRate(long step)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private (long Step, TimeSpan At) _before = (step, TimeSpan.Zero);
    private (long Step, TimeSpan At) _mark = (step, TimeSpan.Zero);

    /// <summary>The rate at a step.</summary>
    /// <param name="now">Steps done, more than at the start.</param>
    /// <param name="mark">Count from here on, after the next mark.</param>
    public double At(long now, bool mark)
    {
        var time = _clock.Elapsed;
        var rate = (now - _before.Step) / Math.Max((time - _before.At).TotalSeconds, 1e-9);
        if (mark)
        {
            (_before, _mark) = (_mark, (now, time));
        }

        return rate;
    }
}
