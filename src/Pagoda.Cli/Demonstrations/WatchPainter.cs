using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Alignment;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Recipes;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;
using Pagoda.Training.Watch;

namespace Pagoda.Cli.Demonstrations;

/// <summary>What a run's watch shows: paintings of fixed prompts from a fixed seed, and gradients at fixed pictures.</summary>
/// <param name="prompts">What to paint.</param>
/// <param name="steps">Painting steps; 0 paints nothing.</param>
internal sealed class WatchPainter(IReadOnlyList<string> prompts, int steps) : IWatchPainter
{
    private const int Cell = 128;
    private const int Probes = 6;
    private const int AStrip = 8;
    private const ulong Seed = 1;

    public IReadOnlyList<(string Name, Picture Picture)> Draw(ClipModel model, ClipTokenizer tokenizer, WatchedPictures pictures)
    {
        var drawn = new List<(string, Picture)> { ("gradients", Gradients(model, tokenizer, pictures)) };
        if (steps > 0)
        {
            drawn.Add(("paintings", Paintings(new PixelGenerator(model, tokenizer, Recipe.Energy))));
        }

        return drawn;
    }

    private Picture Paintings(PixelGenerator painter)
    {
        var how = new PaintOptions { Seed = Seed, Steps = steps, FrameEvery = int.MaxValue };
        var painted = prompts
            .Select(prompt => painter.GenerateAsync(new GenerationRequest(prompt, how)).ToBlockingEnumerable().Single().Picture).ToList();
        return Stack([.. painted.Zip(prompts).Chunk(AStrip).Select(Strip)]);
    }

    private static Picture Strip((Picture Picture, string Prompt)[] row)
    {
        var sheet = new LabelledSheet([.. row.Select(one => InTwoLines(one.Prompt))], CellOf(row[0].Picture.Width));
        sheet.Add("", [.. row.Select(one => one.Picture)]);
        return sheet.Draw();
    }

    private static Picture Gradients(ClipModel model, ClipTokenizer tokenizer, WatchedPictures pictures)
    {
        using var scope = new TensorScope();
        var count = Math.Min(Probes, pictures.Labels.Length);
        string[] texts = [.. pictures.Labels.Take(count).Select(label => pictures.Classes[label])];
        var length = model.Config.Text.ContextLength;
        var embedded = model.EncodeText(Tensor.From(tokenizer.Tokenize(texts, length), count, length).To(device: model.Device));
        var probes = pictures.Images.Narrow(0, 0, count);
        var gradients = InputGradient.ToPixels(InputGradient.Of(model, probes.To(device: model.Device), embedded)).To(device: Device.Cpu);
        var sheet = new LabelledSheet(["picture", "gradient"], CellOf((int)probes.Size(3)));
        for (var row = 0; row < count; row++)
        {
            sheet.Add(texts[row], [PicturePixels.ToPicture(probes.Narrow(0, row, 1)), PicturePixels.ToPicture(gradients.Narrow(0, row, 1))]);
        }

        return sheet.Draw();
    }

    private static int CellOf(int side) => side * Math.Max(1, Cell / side);

    private static string InTwoLines(string text)
    {
        var middle = Enumerable.Range(0, text.Length).Where(at => text[at] == ' ').OrderBy(at => Math.Abs(at - (text.Length / 2))).FirstOrDefault(-1);
        return middle < 0 ? text : $"{text[..middle]}\n{text[(middle + 1)..]}";
    }

    /// <summary>Pictures one below the other, white where one is narrower.</summary>
    private static Picture Stack(IReadOnlyList<Picture> pictures)
    {
        var (width, height) = (pictures.Max(picture => picture.Width), pictures.Sum(picture => picture.Height));
        var stacked = new Picture(width, height, 3, new byte[width * height * 3]);
        stacked.Pixels.AsSpan().Fill(255);
        var top = 0;
        foreach (var picture in pictures)
        {
            for (var y = 0; y < picture.Height; y++)
            {
                picture.Pixels.AsSpan(y * picture.Width * 3, picture.Width * 3).CopyTo(stacked.Pixels.AsSpan((top + y) * width * 3));
            }

            top += picture.Height;
        }

        return stacked;
    }
}
