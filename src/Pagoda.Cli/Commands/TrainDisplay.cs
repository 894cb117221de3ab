using System.Globalization;
using Pagoda.Cli.Benchmarks;
using Pagoda.Torch;
using Pagoda.Training;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Pagoda.Cli.Commands;

/// <summary>Shows a run: what it will do, then a live line on a terminal and plain lines elsewhere.</summary>
internal static class TrainDisplay
{
    public static void ShowPlan(TextWriter output, TrainingPlan plan, string? problem = null)
    {
        var (pictures, memory) = (plan.Steps * plan.Batch, plan.Memory);
        var negatives = plan.Negatives > 0 ? Text($" and {plan.Negatives:N0} negatives") : "";
        (string Name, string Value)[] rows =
        [
            ("method", plan.Method),
            ("model", plan.Model),
            ("parameters", Text($"{plan.Trained / 1e6:0.00} M trained, {plan.Frozen / 1e6:0.00} M frozen")),
            ("data", plan.Data),
            ("steps", Text($"{plan.Steps:N0} of {plan.Batch:N0} pictures{negatives} each, {pictures:N0} in all")),
            ("ranks", Text($"{plan.Ranks}, {plan.Batch / plan.Ranks} pictures each")),
            ("device", Text($"{plan.Device}, {(plan.Autocast ? "bfloat16 products" : "float32")}{(plan.Device.Type == DeviceType.Cpu ? $", {LibTorch.Threads} threads" : "")}")),
            ("memory", Text($"about {Terminal.Bytes(memory.Bytes)}: model {Terminal.Bytes(memory.Model)}, activations {Terminal.Bytes(memory.Activations)}, rest {Terminal.Bytes(memory.Rest)}{(plan.Available is { } free ? $"; {Terminal.Bytes(free)} free" : "")}")),
            ("step", Time(plan)),
        ];
        foreach (var (name, value) in rows.Where(row => row.Name != "ranks" || plan.Ranks > 1))
        {
            output.WriteLine($"{name,-11} {value}");
        }

        if (problem is not null)
        {
            output.WriteLine();
            output.WriteLine(problem);
        }
    }

    /// <summary>The operations of a step, and how long they take at the rate of large products that is measured here and now.</summary>
    private static string Time(TrainingPlan plan)
    {
        if (plan.Operations is not { } operations)
        {
            return "not counted for this architecture";
        }

        var counted = Text($"{operations / 1e12:0.###} Tflop");
        if (plan.Device.Type != DeviceType.Cpu)
        {
            return counted;
        }

        var rate = GemmRate.Estimate(plan.Autocast ? ScalarType.BFloat16 : ScalarType.Float32).PerSecond;
        var seconds = operations / rate;
        return Text($"{counted}: at least {(seconds < 60 ? BenchmarkTable.Seconds(seconds) : Terminal.Duration(TimeSpan.FromSeconds(seconds)))} at this machine's {rate / 1e9:0} Gflop/s");
    }

    public static void Run(TextWriter output, Trainer trainer, CancellationToken cancel)
    {
        if (!Terminal.IsTerminal(output))
        {
            trainer.Run(report => output.WriteLine(Text($"step {report.Step}/{report.Steps}  {Figures(report)}")), cancel, note: output.WriteLine);
            return;
        }

        var figures = new FiguresColumn();
        Terminal.Rich(output).Progress()
            .AutoClear(false)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn { Width = 20 }, figures)
            .Start(context =>
            {
                var task = context.AddTask("training", maxValue: trainer.Plan.Steps);
                task.Value = trainer.Step;
                trainer.Run(
                    report =>
                    {
                        task.Description = Text($"step {report.Step}/{report.Steps}");
                        task.Value = report.Step;
                        figures.Text = Figures(report);
                    },
                    cancel, reportEvery: 1, note => AnsiConsole.MarkupLineInterpolated($"[yellow]{note}[/]"));
            });
    }

    private static string Figures(TrainingReport report)
    {
        var own = string.Concat(report.Figures.Select(figure => Text($"  {figure.Name} {figure.Value:0.000}")));
        return Text($"loss {report.Loss:0.000}{own}  {report.ImagesPerSecond:0.0} images/s  {Terminal.Duration(report.Left)} left");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed class FiguresColumn : ProgressColumn
    {
        public string Text { get; set; } = "";

        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(Text);
    }
}
