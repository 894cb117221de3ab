using System.CommandLine;
using System.Globalization;
using Pagoda.Cli.Demonstrations;
using Pagoda.Generation.ClipGen;
using Pagoda.Generation.Start;
using Pagoda.Models.Gpt;
using Pagoda.Torch;
using Pagoda.Torch.Distributed;
using Pagoda.Training;
using Pagoda.Training.Objectives;

namespace Pagoda.Cli.Commands;

/// <summary><c>train</c>: runs a training configuration, or goes on with the one in the folder.</summary>
internal sealed class TrainCommand : IPagodaCommand
{
    private static readonly Argument<string> Config = new("config") { Description = "The run's YAML file, or a recipe such as clip-jem or clip-jem/convnext-base; docs/training.md lists recipes and keys." };
    private static readonly Option<DirectoryInfo?> Out = new("--out") { Description = "The run's folder; runs/NAME of the configuration by default." };
    private static readonly Option<bool> Resume = new("--resume") { Description = "Only go on with a run that is there; without it a new one may begin too." };
    private static readonly Option<long?> Steps = new("--steps") { Description = "Steps in all, in place of optimizer.steps." };
    private static readonly Option<string?> Device = new("--device") { Description = "cpu, cuda or cuda:N; the best at hand by default." };
    private static readonly Option<bool> PlanOnly = new("--plan") { Description = "Print parameters, memory and time of a step, and start nothing." };
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
            "Train a model: CLIP (contrastive, CLIPAG, CLIP-JEM), a VQGAN, a transformer; goes on where it was stopped.",
            ("train configs/emoji/1-contrastive.yaml", "Train the embedded model's first stage."),
            ("train configs/emoji/2-clipag.yaml --set model.from=runs/1-contrastive optimizer.batch=64", "Make its gradients paint, in smaller steps."),
            ("train clip-jem --set data.shards=datacomp/{00000..01287}.tar", "CLIP-JEM with the paper's settings, ViT-B/32."),
            ("train vqgan --set data.folder=coco/train2017", "CLIP-GEN's first stage, from pictures alone; train gpt is the second."),
            ("train clip-jem/convnext-xxlarge --plan", "What the largest of the paper's models takes."))
        {
            Config,
            Out,
            Resume,
            Steps,
            Device,
            Set,
            PlanOnly,
            Force,
        };
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancel)
    {
        var name = parsed.GetValue(Config)!;
        var settings = Settings(parsed).ToArray();
        var options = RecipeFiles.Find(name) is { } recipe ? TrainingConfigFile.Parse(recipe, $"recipe {name}", settings) : TrainingConfigFile.Read(name, settings);
        var launch = Launch.FromEnvironment();
        var output = launch.IsMain ? parsed.InvocationConfiguration.Output : TextWriter.Null;
        if (parsed.GetValue(PlanOnly))
        {
            var (plan, problem) = TrainingRun.Plan(options, launch.Size);
            TrainDisplay.ShowPlan(output, plan, problem);
            return ExitCodes.Success;
        }

        var folder = parsed.GetValue(Out)?.ToString() ?? Path.Combine("runs", Path.GetFileNameWithoutExtension(name.Replace('/', '-')));
        if (parsed.GetValue(Resume) && !File.Exists(Path.Combine(folder, "checkpoint.safetensors")))
        {
            throw new UsageException($"{folder} has no checkpoint.safetensors to resume; leave --resume out to begin a new run there");
        }

        launch.ShareProcessors();
        options = options.Device.Length > 0 ? options : options with { Device = launch.Device.ToString() };
        var error = parsed.InvocationConfiguration.Error;
        using var group = ProcessGroup.Open(launch, Torch.Device.Parse(options.Device), new ProcessGroupOptions { OnLost = lost => EndAll(error, lost) });
        var tools = new TrainingTools
        {
            Group = group,
            Log = new LeftOutSamples(error).Tell,
            Painter = new WatchPainter(options.Watch.PromptList(), options.Watch.PaintSteps),
            Bank = OpenBank,
            Sampler = DrawTokens,
        };
        using var trainer = TrainingRun.Open(options, folder, parsed.GetValue(Force), tools);
        TrainDisplay.ShowPlan(output, trainer.Plan);
        output.WriteLine(trainer.Step > 0 ? $"{"folder",-11} {folder}, going on from step {trainer.Step:N0}" : $"{"folder",-11} {folder}, new");
        output.WriteLine();
        TrainDisplay.Run(output, trainer, cancel);
        if (trainer.Step == trainer.Plan.Steps)
        {
            foreach (var point in trainer.Interpolation)
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"alpha {point.Alpha:0.00}  accuracy {point.Accuracy:0.000}  attacked {point.AttackedAccuracy:0.000}"));
            }

            output.WriteLine($"done at step {trainer.Step}; the model is in {folder}");
            return ExitCodes.Success;
        }

        var again = string.Concat(settings.Select(setting => $" --set {setting}"));
        output.WriteLine($"stopped at step {trainer.Step} of {trainer.Plan.Steps}; everything is saved in {folder}. Go on with");
        output.WriteLine($"  {parsed.RootCommandResult.Command.Name} train {name} --out {folder}{again}");
        return ExitCodes.Interrupted;
    }

    /// <summary>Another rank is lost and this one hangs in what it shared with it.</summary>
    private static void EndAll(TextWriter error, string lost)
    {
        error.WriteLine($"pagoda: {lost}");
        error.Flush();
        Environment.Exit(ExitCodes.Failure);
    }

    private static Tensor DrawTokens(GptModel model, Tensor conditions, ulong seed)
    {
        using var sampler = new TokenSampler(model, conditions, new SamplingOptions { Seed = seed });
        while (sampler.Length < sampler.TokensToDraw)
        {
            sampler.Step();
        }

        return sampler.Tokens;
    }

    private static BankSampler OpenBank(string path)
    {
        var bank = InitBank.Load(path);
        return (count, size, seed) =>
        {
            using var scope = new TensorScope();
            using var generator = new Generator(seed);
            return scope.Keep(bank.Sample(count, perClass: 0, generator).UpsampleBilinear2d([size, size], false));
        };
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
