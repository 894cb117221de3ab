using System.CommandLine;
using Pagoda.Data.Scenes;
using Pagoda.Formats.Images;
using Pagoda.Training;

namespace Pagoda.Cli.Commands.Data;

/// <summary><c>data preview</c>: the first pictures of a run as one, their captions as lines.</summary>
internal sealed class PreviewData : IPagodaCommand
{
    private static readonly Argument<FileInfo> Config = new("config") { Description = "The run's YAML file." };
    private static readonly Option<int> Count = new("--count") { Description = "How many pictures.", DefaultValueFactory = _ => 64 };
    private static readonly Option<FileInfo> Out = new("--out") { Description = "The PNG to write.", DefaultValueFactory = _ => new FileInfo("preview.png") };
    private static readonly Option<string[]> Set = new("--set") { Description = "key=value in place of the file's.", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<bool> Force = new("--force") { Description = "Replace a file that is there." };

    public Command Build()
    {
        var command = new ExampleCommand(
            "preview",
            "Write the first pictures of a run's data into one PNG, and print their captions.",
            ("data preview configs/emoji/1-contrastive.yaml --count 16 --out sheet.png", "See 16 composed scenes."))
        {
            Config,
            Count,
            Out,
            Set,
            Force,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        var (count, path, output) = (parsed.GetValue(Count), parsed.GetValue(Out)!.ToString(), parsed.InvocationConfiguration.Output);
        if (count is < 1 or > 4096)
        {
            throw new UsageException($"--count is {count}; give 1 to 4096");
        }

        var options = TrainingConfigFile.Read(parsed.GetValue(Config)!.ToString(), parsed.GetValue(Set));
        var data = new TrainingData(options.Data, TrainingRun.ImageSize(options), options.Seed, new LeftOutSamples(parsed.InvocationConfiguration.Error).Tell);
        using var source = data.Batches();
        var batch = source.Next(count);
        PictureFile.Save(path, PictureFile.EncodePng(ContactSheet.Make(batch.Images, batch.Size)), parsed.GetValue(Force));
        for (var i = 0; i < count; i++)
        {
            output.WriteLine($"{i + 1,4}  {batch.Captions[i]}");
        }

        output.WriteLine($"{data.Description}; {path} shows the first {count}, row by row");
        return ExitCodes.Success;
    }
}
