using System.Diagnostics;
using System.Globalization;

namespace Pagoda.Cli.Commands.Compare;

/// <summary>One line that tells how far a long job is: rewritten on a terminal, else repeated every half minute.</summary>
internal sealed class ProgressLine(TextWriter output, string what, int total)
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(30);
    private readonly bool _live = Terminal.IsTerminal(output);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _shown;

    /// <param name="there">How many there are.</param>
    /// <param name="now">How many of them were made by this process.</param>
    public void Show(int there, int now)
    {
        if (!_live && there < total && _clock.Elapsed - _shown < s_every)
        {
            return;
        }

        _shown = _clock.Elapsed;
        var left = Terminal.Duration(_clock.Elapsed * ((total - there) / (double)Math.Max(1, now)));
        var line = string.Create(CultureInfo.InvariantCulture, $"{what}: {there}/{total}, {now / _clock.Elapsed.TotalSeconds:0.0} a second, {left} left");
        output.Write(_live ? $"\r\e[K{line}{(there == total ? "\n" : "")}" : $"{line}\n");
        output.Flush();
    }
}
