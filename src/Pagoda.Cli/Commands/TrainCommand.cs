using System.CommandLine;
using System.Globalization;
using Pagoda.Training;

namespace Pagoda.Cli.Commands;

/// <summary><c>train</c>: runs a training configuration, or goes on with the one in the folder.</summary>
internal sealed class TrainCommand : IPagodaCommand
{
    private static readonly Argument<FileInfo> Config = new("config") { Description = "The run's YAML file." };
    private static readonly Option<DirectoryInfo?> Out = new("--out") { Description = "The run's folder; runs/NAME of the configuration by default." };

    public Command Build()
    {
        var command = new ExampleCommand(
            "train",
            "Train a CLIP model: contrastive, CLIPAG or energy-based; goes on where it was stopped.",
            ("train configs/emoji/1-contrastive.yaml", "Train the embedded model's first stage."))
        {
            Config,
            Out,
        };
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancel)
    {
        var file = parsed.GetValue(Config)!;
        var output = parsed.InvocationConfiguration.Output;
        var folder = parsed.GetValue(Out)?.FullName ?? Path.Combine("runs", Path.GetFileNameWithoutExtension(file.Name));
        using var trainer = TrainingRun.Open(TrainingConfigFile.Read(file.FullName), folder);
        if (trainer.Step > 0)
        {
            output.WriteLine($"going on from step {trainer.Step} of {folder}");
        }

        trainer.Run(report => output.WriteLine(Line(report)), cancel);
        output.WriteLine($"{(cancel.IsCancellationRequested ? "stopped" : "done")} at step {trainer.Step}; the model is in {folder}");
        return cancel.IsCancellationRequested ? ExitCodes.Interrupted : ExitCodes.Success;
    }

    private static string Line(TrainingReport report)
    {
        var figures = string.Concat(report.Figures.Select(figure => string.Create(CultureInfo.InvariantCulture, $"  {figure.Name} {figure.Value:0.000}")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"step {report.Step}/{report.Steps}  loss {report.Loss:0.000}  accuracy {report.Accuracy:0.000}{figures}  {report.ImagesPerSecond:0.0} images/s  {Terminal.Duration(report.Left)} left");
    }
}
