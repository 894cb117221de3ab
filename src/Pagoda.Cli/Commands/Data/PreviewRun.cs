using System.CommandLine;
using Pagoda.Data.Scenes;
using Pagoda.Formats.Images;
using Pagoda.Training;

namespace Pagoda.Cli.Commands.Data;

/// <summary><c>data preview</c>: the first pictures of a run's data on one sheet, and their captions in the order of the sheet.</summary>
internal static class PreviewRun
{
    public static Command Build()
    {
        var config = new Argument<string>("config") { Description = "The run's YAML file." };
        var sheet = new Argument<string>("output") { Description = "The PNG to write." };
        var count = new Option<int>("--count") { Description = "Pictures on the sheet.", DefaultValueFactory = _ => 64 };
        var set = new Option<string[]>("--set") { Description = "key=value in place of the file's.", AllowMultipleArgumentsPerToken = true };
        var force = new Option<bool>("--force") { Description = "Overwrite the output." };
        var command = new ExampleCommand(
            "preview",
            "Draw the first pictures of a training run's data on one sheet and print their captions.",
            ("data preview configs/emoji/1-contrastive.yaml sheet.png --count 16", "The first 16 pictures of the run."))
        {
            config, sheet, count, set, force,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(count) is < 1 or > 10_000)
            {
                throw new UsageException("--count is 1 to 10000 pictures.");
            }

            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var options = TrainingConfigFile.Read(parsed.GetRequiredValue(config), parsed.GetValue(set));
            var data = new TrainingData(options.Data, TrainingRun.ImageSize(options), options.Seed, new LeftOutSamples(error).Tell);
            using var source = data.Batches();
            var batch = source.Next(parsed.GetValue(count));
            PictureFile.Save(parsed.GetRequiredValue(sheet), PictureFile.EncodePng(ContactSheet.Make(batch.Images, batch.Size)), parsed.GetValue(force));
            foreach (var caption in batch.Captions)
            {
                output.WriteLine(caption);
            }

            return ExitCodes.Success;
        });
        return command;
    }
}
