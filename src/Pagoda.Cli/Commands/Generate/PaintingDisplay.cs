using System.Diagnostics;
using System.Globalization;
using System.Text;
using Pagoda.Formats.Images;
using Pagoda.Generation;

namespace Pagoda.Cli.Commands.Generate;

/// <summary>
/// Shows a painting while it is made: a line with step, energy, speed and time left, rewritten on a terminal and else repeated
/// every ten seconds; above it, if wanted, the picture.
/// </summary>
/// <param name="error">Where to.</param>
/// <param name="live">Whether lines can be rewritten.</param>
/// <param name="picture">Whether the picture is shown.</param>
internal sealed class PaintingDisplay(TextWriter error, bool live, bool picture) : IProgress<ClosestStart>
{
    private const int PreviewLines = 32;
    private const int PreviewColumns = 80;

    // Of the time that passes, what showing may take.
    private const double Share = 0.03;
    private static readonly TimeSpan LiveEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(10);

    private readonly Lock _showing = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _spent;
    private TimeSpan _shown = live ? -LiveEvery : TimeSpan.Zero;
    private int _lines;
    private bool _hasBegun;

    /// <summary>Shows what the first picture may start from, where pictures are shown.</summary>
    public void Report(ClosestStart value)
    {
        lock (_showing)
        {
            var now = _clock.Elapsed;
            if (!picture || _hasBegun || (_lines > 0 && now - _shown < LiveEvery))
            {
                return;
            }

            _shown = now;
            Write(value.Picture, string.Create(CultureInfo.InvariantCulture, $"step 0  energy {value.Energy:0.000}  choosing what to start from"));
        }
    }

    /// <summary>Shows a frame, unless one was shown just now or showing has taken its share of the time.</summary>
    public void Show(Frame frame, int count)
    {
        lock (_showing)
        {
            _hasBegun = true;
            ShowInTurn(frame, count);
        }
    }

    private void ShowInTurn(Frame frame, int count)
    {
        var now = _clock.Elapsed;
        if (now - _shown < (live || picture ? LiveEvery : LineEvery) || (_spent > now * Share && _shown > TimeSpan.Zero))
        {
            return;
        }

        _shown = now;
        Write(frame.Picture, Line(frame, count));
        _spent += _clock.Elapsed - now;
    }

    /// <summary>Takes the line and the picture away.</summary>
    public void Clear()
    {
        if (live && _lines > 0)
        {
            error.Write(Up());
            error.Flush();
        }

        _lines = 0;
    }

    internal static string Line(Frame frame, int count)
    {
        var speed = frame.Step / Math.Max(frame.Elapsed.TotalSeconds, 1e-3);
        var which = count > 1 ? $"picture {frame.Index + 1}/{count}  " : "";
        return $"{which}step {frame.Step}/{frame.Steps}  energy {frame.Energy:0.000}  {speed:0.0} steps/s  {Terminal.Duration(TimeSpan.FromSeconds((frame.Steps - frame.Step) / speed))} left";
    }

    private void Write(Picture seen, string below)
    {
        var text = new StringBuilder(live ? Up() : "");
        _lines = 0;
        if (picture)
        {
            foreach (var line in HalfBlocks.Render(seen, PreviewColumns, PreviewLines))
            {
                text.Append(line).Append('\n');
                _lines++;
            }
        }

        text.Append(below).Append('\n');
        _lines++;
        error.Write(text);
        error.Flush();
    }

    private string Up() => _lines == 0 ? "" : $"\e[{_lines}A\r\e[J";
}
