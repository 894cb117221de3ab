using System.CommandLine;
using Pagoda.Generation.ClipGen;
using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training;

namespace Pagoda.Cli.Commands.Models;

/// <summary><c>models modality</c>: where pictures' and texts' embeddings lie.</summary>
internal static class MeasureModality
{
    private const int AtOnce = 64;

    public static Command Build()
    {
        var model = new Argument<string>("model") { Description = "The CLIP: a name, a folder or a file." };
        var texts = new Option<FileInfo?>("--texts") { Description = "A file of texts, one a line; by default captions of the pictures' data, in another order." };
        var pictures = new Option<string>("--pictures") { Description = "A training configuration whose data has the pictures.", Required = true };
        var count = new Option<int>("--count") { Description = "Pictures, and texts at most.", DefaultValueFactory = _ => 2000 };
        var target = new Option<string>("--out") { Description = $"The file to write, {ModalityShift.FileName} beside the transformer.", Required = true };
        var force = new Option<bool>("--force") { Description = "Replace the file if it is there." };
        var command = new ExampleCommand(
            "modality",
            "Measure how far a CLIP's text embeddings lie from its picture embeddings, for CLIP-GEN to move the ones to the others.",
            ("models modality emoji --pictures configs/emoji/gpt.yaml --out models/emoji/modality.safetensors", "The embedded model's."))
        {
            model, texts, pictures, count, target, force,
        };
        command.SetAction((parsed, cancel) => Task.Run(
            () =>
            {
                var (path, number) = (parsed.GetRequiredValue(target), parsed.GetValue(count));
                if (File.Exists(path) && !parsed.GetValue(force))
                {
                    throw new UsageException($"{path} exists; name another file with --out, or replace it with --force");
                }

                using var clip = ClipLoader.Load(parsed.GetRequiredValue(model), LibTorch.DefaultDevice);
                var options = TrainingConfigFile.Read(parsed.GetRequiredValue(pictures));
                var data = new TrainingData(options.Data, clip.Model.Config.Vision.ImageSize, options.Seed, captions: false);
                // Captions of other samples than the pictures: what belongs together does not matter.
                var lines = parsed.GetValue(texts) is { } file
                    ? File.ReadLines(file.FullName).Select(line => line.Trim()).Where(line => line.Length > 0).Take(number)
                    : new TrainingData(options.Data, clip.Model.Config.Vision.ImageSize, options.Seed + 1).Captions(number);
                var shift = new ModalityShift(MeanOfPictures(clip, data, number, cancel), MeanOfTexts(clip, [.. lines], cancel));
                shift.Save(path, clip.Hash, parsed.GetValue(force));
                parsed.InvocationConfiguration.Output.WriteLine(FormattableString.Invariant($"{path}: the means of {number} pictures and of texts are {shift.Gap:0.000} apart"));
                return ExitCodes.Success;
            },
            CancellationToken.None));
        return command;
    }

    private static float[] MeanOfPictures(LoadedClip clip, TrainingData data, int count, CancellationToken cancel)
    {
        using var batches = data.Batches();
        return Mean(count, clip, cancel, part =>
        {
            var batch = batches.Next(part.Count);
            return clip.Model.EncodeImage(Tensor.From(batch.Images, batch.Count, 3, batch.Size, batch.Size).To(device: clip.Model.Device));
        });
    }

    private static float[] MeanOfTexts(LoadedClip clip, string[] texts, CancellationToken cancel)
    {
        if (texts.Length == 0)
        {
            throw new UsageException("there is no text to measure; give --texts a file with one a line");
        }

        var length = clip.Model.Config.Text.ContextLength;
        return Mean(texts.Length, clip, cancel, part =>
            clip.Model.EncodeText(Tensor.From(clip.Tokenizer.Tokenize(texts[part.First..(part.First + part.Count)], length), part.Count, length).To(device: clip.Model.Device)));
    }

    private static float[] Mean(int count, LoadedClip clip, CancellationToken cancel, Func<(int First, int Count), Tensor> embed)
    {
        var sum = new double[clip.Model.Config.EmbedDim];
        for (var first = 0; first < count; first += AtOnce)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            using var frozen = GradMode.Disable();
            var part = embed((first, Math.Min(AtOnce, count - first))).Sum([0]).To(device: Device.Cpu).ToArray<float>();
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += part[i];
            }
        }

        return [.. sum.Select(value => (float)(value / count))];
    }
}
