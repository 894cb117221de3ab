using System.Diagnostics;
using System.Globalization;

namespace Pagoda.Cli.Commands.Compare;

/// <summary>One line that tells how far a long job is: rewritten on a terminal, else repeated every half minute.</summary>
/// <param name="output">Where it goes.</param>
/// <param name="what">What is done.</param>
/// <param name="total">How many there will be; null where nobody knows.</param>
internal sealed class ProgressLine(TextWriter output, string what, int? total)
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(30);
    private readonly bool _live = Terminal.IsTerminal(output);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _shown;

    /// <param name="there">How many there are.</param>
    /// <param name="now">How many of them were made by this process.</param>
    public void Show(int there, int now)
    {
        if (!_live && there < (total ?? int.MaxValue) && _clock.Elapsed - _shown < s_every)
        {
            return;
        }

        _shown = _clock.Elapsed;
        var left = total is { } all ? $", {Terminal.Duration(_clock.Elapsed * ((all - there) / (double)Math.Max(1, now)))} left" : "";
        var rate = now / _clock.Elapsed.TotalSeconds;
        var speed = rate < 1 ? string.Create(CultureInfo.InvariantCulture, $"{60 * rate:0.0} a minute") : string.Create(CultureInfo.InvariantCulture, $"{rate:0.0} a second");
        var line = string.Create(CultureInfo.InvariantCulture, $"{what}: {there}{(total is null ? "" : "/")}{total}, {speed}{left}");
        output.Write(_live ? $"\r\e[K{line}{(there == total ? "\n" : "")}" : $"{line}\n");
        output.Flush();
    }
}
