using Pagoda.Models.Catalogue;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Pagoda.Cli.Commands.Models;

/// <summary>Shows a download: a bar with speed and time left on a terminal, else a line every ten seconds.</summary>
internal static class PullDisplay
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(10);

    public static async Task<T> ShowAsync<T>(TextWriter error, string name, Func<IProgress<DownloadProgress>, Task<T>> run)
    {
        var clock = new TransferClock();
        if (!Terminal.IsTerminal(error))
        {
            var last = clock.Elapsed;
            return await run(new Inline(progress =>
            {
                clock.Update(progress.Received, progress.Total);
                if (progress.Note is { } note)
                {
                    error.WriteLine($"{name}: {note}");
                }
                else if (clock.Elapsed - last > LineEvery)
                {
                    last = clock.Elapsed;
                    error.WriteLine($"{name}: {clock}");
                }
            }));
        }

        var console = Terminal.Rich(error);
        return await console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new ClockColumn(clock))
            .StartAsync(async context =>
            {
                var task = context.AddTask(Markup.Escape(name));
                return await run(new Inline(progress =>
                {
                    clock.Update(progress.Received, progress.Total);
                    task.IsIndeterminate = progress.Total is null;
                    task.Value = progress.Total is > 0 ? 100.0 * progress.Received / progress.Total.Value : 0;
                    if (progress.Note is { } note)
                    {
                        console.MarkupLineInterpolated($"{name}: {note}");
                    }
                }));
            });
    }

    private sealed class ClockColumn(TransferClock clock) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(clock.ToString());
    }

    private sealed class Inline(Action<DownloadProgress> act) : IProgress<DownloadProgress>
    {
        void IProgress<DownloadProgress>.Report(DownloadProgress value) => act(value);
    }
}
