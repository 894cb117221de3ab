using System.CommandLine;
using System.Globalization;
using Pagoda.Cli.Demonstrations;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Alignment;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Recipes;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Demo;

/// <summary>
/// <c>demo gradients</c>: the same pictures and captions through models before and after robust training: their input
/// gradients, what each paints from the same start, and a score of the gradients.
/// </summary>
internal static class ShowGradients
{
    /// <summary>Small pictures are enlarged to about this side on the sheet.</summary>
    private const int Cell = 128;

    public static Command Build()
    {
        var plain = new Option<string>("--plain") { Description = "The model before: a run's folder, a model's folder or file, or a name.", Required = true };
        var robust = new Option<string[]>("--robust") { Description = "The model after; several are shown side by side.", Required = true, AllowMultipleArgumentsPerToken = true };
        var emoji = new Option<string?>("--emoji") { Description = "Compose scenes from this folder of emoji-*.tar, or a file that data cache wrote." };
        var pictures = new Option<string[]>("--pictures") { Description = "Pictures in place of scenes; these have no score.", AllowMultipleArgumentsPerToken = true };
        var captions = new Option<string[]>("--captions") { Description = "A caption for each of --pictures.", AllowMultipleArgumentsPerToken = true };
        var rows = new Option<int>("--rows") { Description = "Scenes on the sheet.", DefaultValueFactory = _ => 5 };
        var scenes = new Option<int>("--scenes") { Description = "Scenes that the score is taken over.", DefaultValueFactory = _ => 256 };
        var seed = new Option<ulong>("--seed") { Description = "Which scenes, and the paintings' start.", DefaultValueFactory = _ => 7UL };
        var recipe = new Option<string>("--recipe") { Description = "How to paint.", DefaultValueFactory = _ => Recipe.Energy.Name };
        var steps = new Option<int?>("--steps") { Description = "Painting steps, in place of the recipe's." };
        var output = new Option<string>("--out") { Description = "The PNG to write.", Required = true };
        var force = new Option<bool>("--force") { Description = "Overwrite the output." };
        var command = new ExampleCommand(
            "gradients",
            "Show what robust training does to a model's input gradients and paintings.",
            ("demo gradients --plain runs/emoji-1 --robust runs/emoji-2 runs/emoji-3 --emoji data/emoji --out gradients.png", "The embedded model's three stages."))
        {
            plain, robust, emoji, pictures, captions, rows, scenes, seed, recipe, steps, output, force,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            string[] names = [parsed.GetRequiredValue(plain), .. parsed.GetRequiredValue(robust)];
            var shown = parsed.GetValue(pictures) is { Length: > 0 } files ? files.Length : parsed.GetValue(rows);
            if (shown is < 1 or > 64 || parsed.GetValue(scenes) is < 1 or > 100_000)
            {
                throw new UsageException("--rows is 1 to 64, --scenes 1 to 100000");
            }

            var how = new PaintOptions { Seed = parsed.GetValue(seed), Recipe = Recipe.Named(parsed.GetRequiredValue(recipe)), Steps = parsed.GetValue(steps) };
            var columns = new List<IReadOnlyList<Picture>>();
            var paintings = new List<IReadOnlyList<Picture>>();
            GradientPictures? subjects = null;
            foreach (var name in names)
            {
                using var clip = ClipLoader.Load(name, LibTorch.DefaultDevice);
                var size = clip.Model.Config.Vision.ImageSize;
                subjects ??= parsed.GetValue(pictures) is { Length: > 0 } given
                    ? GradientPictures.Load(given, parsed.GetValue(captions) ?? [], size)
                    : GradientPictures.Compose(
                        parsed.GetValue(emoji) ?? throw new UsageException("name --emoji to compose scenes from, or --pictures"),
                        Math.Max(shown, parsed.GetValue(scenes)), size, parsed.GetValue(seed));
                if (subjects.Images.Size(-1) != size)
                {
                    throw new UsageException($"{name} takes pictures of {size} pixels, {names[0]} of {subjects.Images.Size(-1)}; compare models of one size");
                }

                columns.Add(Measure(clip, subjects, shown, parsed.InvocationConfiguration.Output));
                paintings.Add(await Paint(clip, [.. subjects.Captions.Take(shown)], how, cancel));
            }

            var side = (int)subjects!.Images.Size(-1);
            var labels = names.Select(Label).ToArray();
            var sheet = new LabelledSheet(["picture", .. labels.Select(label => $"gradient\n{label}"), .. labels.Select(label => $"painting\n{label}")], side * Math.Max(1, Cell / side));
            for (var row = 0; row < shown; row++)
            {
                sheet.Add(
                    subjects.Captions[row],
                    [Pixels(subjects.Images.Narrow(0, row, 1)), .. columns.Select(column => column[row]), .. paintings.Select(column => column[row])]);
            }

            PictureFile.Save(parsed.GetRequiredValue(output), PictureFile.EncodePng(sheet.Draw()), parsed.GetValue(force));
            parsed.InvocationConfiguration.Output.WriteLine(
                $"{parsed.GetRequiredValue(output)}: the picture, the gradient of {string.Join(", ", labels)}, then what each paints from the same start");
            return ExitCodes.Success;
        });
        return command;
    }

    /// <summary>Prints the score and gives the first gradients as pictures.</summary>
    private static Picture[] Measure(LoadedClip clip, GradientPictures subjects, int shown, TextWriter output)
    {
        using var scope = new TensorScope();
        var texts = clip.EncodeText(subjects.Captions);
        var gradients = InputGradient.Of(clip.Model, subjects.Images.To(device: clip.Model.Device), texts).To(device: Device.Cpu);
        if (subjects.Masks is { } masks)
        {
            var score = AlignmentScore.Of(gradients, masks);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{clip.Name,-16} concentration {score.Concentration:0.00} (noise 1.00)  coarseness {score.Coarseness:0.000} (noise 0.063)  over {subjects.Captions.Count} scenes"));
        }

        var pixels = InputGradient.ToPixels(gradients.Narrow(0, 0, shown));
        return [.. Enumerable.Range(0, shown).Select(row => Pixels(pixels.Narrow(0, row, 1)))];
    }

    private static async Task<IReadOnlyList<Picture>> Paint(LoadedClip clip, IReadOnlyList<string> prompts, PaintOptions how, CancellationToken cancel)
    {
        var painter = new PixelGenerator(clip.Model, clip.Tokenizer);
        var pictures = new List<Picture>();
        foreach (var prompt in prompts)
        {
            await foreach (var frame in painter.GenerateAsync(new GenerationRequest(prompt, how), cancel))
            {
                if (frame.IsLast)
                {
                    pictures.Add(frame.Picture);
                }
            }

            cancel.ThrowIfCancellationRequested();
        }

        return pictures;
    }

    private static Picture Pixels(Tensor image) => PicturePixels.ToPicture(image);

    private static string Label(string name) => Path.GetFileName(Path.TrimEndingDirectorySeparator(name));
}
