using System.CommandLine;
using Pagoda.Cli.Commands.Compare;
using Pagoda.Training;
using Pagoda.Training.Tokens;

namespace Pagoda.Cli.Commands.Vqgan;

/// <summary><c>vqgan prepare</c>: a run's pictures as tokens and embeddings, once, before a transformer is trained on them.</summary>
internal sealed class PrepareTokens
{
    private readonly Argument<string> _config = new("config") { Description = "The YAML file of a run of method gpt." };
    private readonly Option<string> _out = new("--out") { Description = "The folder of token files to write.", Required = true };
    private readonly Option<int> _count = new("--count") { Description = "Pictures in all; each has the crop that the run would give it.", Required = true };
    private readonly Option<int> _perFile = new("--per-file") { Description = "Pictures a file.", DefaultValueFactory = _ => 10_000 };
    private readonly Option<int> _batch = new("--batch") { Description = "Pictures at once.", DefaultValueFactory = _ => 32 };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "key=value in place of the file's, such as gpt.vqgan=runs/vqgan; may be given several times.",
        AllowMultipleArgumentsPerToken = true,
    };

    public Command Build()
    {
        var command = new ExampleCommand(
            "prepare",
            "Turn a run's pictures into tokens and CLIP embeddings once, to train a transformer on them many times; goes on where it was stopped.",
            ("vqgan prepare configs/emoji/gpt.yaml --count 100000 --out data/tokens", "Then train with --set data.tokens=data/tokens in place of the pictures."))
        {
            _config, _out, _count, _perFile, _batch, _set,
        };
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        var (count, perFile, batch) = (parsed.GetValue(_count), parsed.GetValue(_perFile), parsed.GetValue(_batch));
        foreach (var (name, value) in new[] { ("--count", count), ("--per-file", perFile), ("--batch", batch) })
        {
            if (value < 1)
            {
                throw new UsageException($"{name} is {value}; give at least 1");
            }
        }

        var (config, folder, error) = (parsed.GetRequiredValue(_config), parsed.GetRequiredValue(_out), parsed.InvocationConfiguration.Error);
        var settings = parsed.GetValue(_set) ?? [];
        var options = RecipeFiles.Find(config) is { } recipe ? TrainingConfigFile.Parse(recipe, $"recipe {config}", settings) : TrainingConfigFile.Read(config, settings);
        var progress = new ProgressLine(error, "prepare", count);
        TokenPreparation.Run(options, folder, count, perFile, batch, done => progress.Show(done, done), cancel, new LeftOutSamples(error).Tell);
        parsed.InvocationConfiguration.Output.WriteLine(FormattableString.Invariant($"{count} pictures as tokens and embeddings in {folder}; train with --set data.tokens={folder}"));
        return ExitCodes.Success;
    }
}
