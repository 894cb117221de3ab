using System.CommandLine;
using Pagoda.Training;

namespace Pagoda.Cli.Commands;

/// <summary><c>train</c>: runs a training configuration, or goes on with the one in the folder.</summary>
internal sealed class TrainCommand : IPagodaCommand
{
    private static readonly Argument<FileInfo> Config = new("config") { Description = "The run's YAML file; docs/training.md lists its keys." };
    private static readonly Option<DirectoryInfo?> Out = new("--out") { Description = "The run's folder; runs/NAME of the configuration by default." };
    private static readonly Option<bool> Resume = new("--resume") { Description = "Only go on with a run that is there; without it a new one may begin too." };
    private static readonly Option<long?> Steps = new("--steps") { Description = "Steps in all, in place of optimizer.steps." };
    private static readonly Option<string?> Device = new("--device") { Description = "cpu, cuda or cuda:N; the best at hand by default." };
    private static readonly Option<bool> Force = new("--force") { Description = "Go on with a run that was begun with other options." };

    private static readonly Option<string[]> Set = new("--set")
    {
        Description = "key=value in place of the file's, such as optimizer.batch=64; may be given several times.",
        AllowMultipleArgumentsPerToken = true,
    };

    public Command Build()
    {
        var command = new ExampleCommand(
            "train",
            "Train a CLIP model: contrastive, CLIPAG or energy-based; goes on where it was stopped.",
            ("train configs/emoji/1-contrastive.yaml", "Train the embedded model's first stage."),
            ("train configs/emoji/2-clipag.yaml --set model.from=runs/1-contrastive optimizer.batch=64", "Make its gradients paint, in smaller steps."))
        {
            Config,
            Out,
            Resume,
            Steps,
            Device,
            Set,
            Force,
        };
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancel)
    {
        var file = parsed.GetValue(Config)!;
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var folder = parsed.GetValue(Out)?.ToString() ?? Path.Combine("runs", Path.GetFileNameWithoutExtension(file.Name));
        if (parsed.GetValue(Resume) && !File.Exists(Path.Combine(folder, "checkpoint.safetensors")))
        {
            throw new UsageException($"{folder} has no checkpoint.safetensors to resume; leave --resume out to begin a new run there");
        }

        var settings = Settings(parsed).ToArray();
        var options = TrainingConfigFile.Read(file.ToString(), settings);
        using var trainer = TrainingRun.Open(options, folder, parsed.GetValue(Force), new LeftOutSamples(error).Tell);
        TrainDisplay.ShowPlan(output, trainer, folder);
        TrainDisplay.Run(output, trainer, cancel);
        if (!cancel.IsCancellationRequested)
        {
            output.WriteLine($"done at step {trainer.Step}; the model is in {folder}");
            return ExitCodes.Success;
        }

        var again = string.Concat(settings.Select(setting => $" --set {setting}"));
        output.WriteLine($"stopped at step {trainer.Step} of {trainer.Plan.Steps}; everything is saved in {folder}. Go on with");
        output.WriteLine($"  {parsed.RootCommandResult.Command.Name} train {file} --out {folder}{again}");
        return ExitCodes.Interrupted;
    }

    private static IEnumerable<string> Settings(ParseResult parsed)
    {
        foreach (var setting in parsed.GetValue(Set) ?? [])
        {
            yield return setting;
        }

        if (parsed.GetValue(Steps) is { } steps)
        {
            yield return $"optimizer.steps={steps}";
        }

        if (parsed.GetValue(Device) is { } device)
        {
            yield return $"device={device}";
        }
    }
}
