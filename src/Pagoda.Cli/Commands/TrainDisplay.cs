using System.Globalization;
using Pagoda.Torch;
using Pagoda.Training;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Pagoda.Cli.Commands;

/// <summary>Shows a run: what it will do, then a live line on a terminal and plain lines elsewhere.</summary>
internal static class TrainDisplay
{
    public static void ShowPlan(TextWriter output, Trainer trainer, string folder)
    {
        var plan = trainer.Plan;
        var (pictures, memory) = (plan.Steps * plan.Batch, Terminal.Bytes(plan.Memory));
        (string Name, string Value)[] rows =
        [
            ("method", plan.Method),
            ("model", plan.Model),
            ("parameters", Text($"{plan.Trained / 1e6:0.00} M trained, {plan.Frozen / 1e6:0.00} M frozen")),
            ("data", plan.Data),
            ("steps", Text($"{plan.Steps:N0} of {plan.Batch:N0} pictures each, {pictures:N0} in all")),
            ("device", Text($"{plan.Device}, {(plan.Autocast ? "bfloat16 products" : "float32")}{(plan.Device.Type == DeviceType.Cpu ? $", {LibTorch.Threads} threads" : "")}")),
            ("memory", Text($"about {memory}")),
            ("folder", trainer.Step > 0 ? Text($"{folder}, going on from step {trainer.Step:N0}") : $"{folder}, new"),
        ];
        foreach (var (name, value) in rows)
        {
            output.WriteLine($"{name,-11} {value}");
        }

        output.WriteLine();
    }

    public static void Run(TextWriter output, Trainer trainer, CancellationToken cancel)
    {
        if (!Terminal.IsTerminal(output))
        {
            trainer.Run(report => output.WriteLine(Text($"step {report.Step}/{report.Steps}  {Figures(report)}")), cancel);
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
                    cancel, reportEvery: 1);
            });
    }

    private static string Figures(TrainingReport report)
    {
        var own = string.Concat(report.Figures.Select(figure => Text($"  {figure.Name} {figure.Value:0.000}")));
        return Text($"loss {report.Loss:0.000}  accuracy {report.Accuracy:0.000}{own}  {report.ImagesPerSecond:0.0} images/s  {Terminal.Duration(report.Left)} left");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed class FiguresColumn : ProgressColumn
    {
        public string Text { get; set; } = "";

        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(Text);
    }
}
