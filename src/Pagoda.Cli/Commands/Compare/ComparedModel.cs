using System.Globalization;
using Pagoda.Formats.Checkpoints;
using Pagoda.Training;

namespace Pagoda.Cli.Commands.Compare;

/// <summary>A model of the comparison: what it is called, its folder, and what to train it with when it is not there.</summary>
internal sealed record ComparedModel(string Name, string Folder, string? Config)
{
    private const string Configs = "configs/emoji";

    /// <summary>The models that are compared by default, the plainest first.</summary>
    public static IReadOnlyList<ComparedModel> Default { get; } =
    [
        new("plain", "runs/plain", $"{Configs}/plain.yaml"),
        new("clipag", "runs/clipag", $"{Configs}/clipag.yaml"),
        new("clip-jem", "runs/emoji-4", $"{Configs}/4-clip-jem.yaml"),
    ];

    /// <summary>The CLIP that judges.</summary>
    public static ComparedModel Judge { get; } = new("judge", "runs/judge", $"{Configs}/judge.yaml");

    /// <summary>Models that others go on from.</summary>
    private static ComparedModel[] Earlier { get; } =
    [
        .. Default,
        new("first stage", "runs/emoji-1", $"{Configs}/1-contrastive.yaml"),
        new("second stage", "runs/emoji-2", $"{Configs}/2-clipag.yaml"),
        new("third stage", "runs/emoji-3", $"{Configs}/3-energy.yaml"),
    ];

    /// <summary>Reads <c>name=FOLDER</c>.</summary>
    public static ComparedModel Parse(string text) => text.Split('=', 2) is [{ Length: > 0 } name, { Length: > 0 } folder]
        ? new ComparedModel(name, folder, null)
        : throw new UsageException($"--models {text} is no model; write NAME=FOLDER, such as plain=runs/emoji-1");

    /// <summary>Trains it to the end, and before it what it goes on from, where there is a configuration and no trained model.</summary>
    /// <param name="emoji">The emoji in place of the configuration's.</param>
    /// <param name="output">Where progress goes.</param>
    /// <param name="cancel">Ends the run, which is saved.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Train(string? emoji, TextWriter output, CancellationToken cancel)
    {
        if (Config is null || IsTrained(Config))
        {
            return;
        }

        var from = TrainingConfigFile.Read(Config).Model.From;
        Earlier.FirstOrDefault(model => model.Folder == from)?.Train(emoji, output, cancel);
        output.WriteLine($"{Name}: training in {Folder} as {Config} says");
        string[] arguments = ["train", Config, "--out", Folder, .. emoji is null ? Array.Empty<string>() : ["--set", $"data.emoji={emoji}"]];
        using var problems = new StringWriter();
        var code = CommandLine.RunAsync(arguments, output, problems, cancel).GetAwaiter().GetResult();
        cancel.ThrowIfCancellationRequested();
        if (code != ExitCodes.Success)
        {
            throw new TrainingException($"{Name} could not be trained: {problems.ToString().Trim()}");
        }
    }

    private bool IsTrained(string config)
    {
        var checkpoint = Path.Combine(Folder, "checkpoint.safetensors");
        if (!File.Exists(checkpoint))
        {
            return File.Exists(Path.Combine(Folder, "model.safetensors"));
        }

        using var file = SafetensorsFile.Open(checkpoint);
        return long.TryParse(file.Metadata.GetValueOrDefault("step"), CultureInfo.InvariantCulture, out var step)
            && step >= TrainingConfigFile.Read(config).Optimizer.Steps;
    }
}
