using System.CommandLine;
using System.Globalization;
using Pagoda.Cli.Commands.Compare;
using Pagoda.Formats.Images;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Vqgan;

/// <summary><c>vqgan reconstruct</c>: pictures beside what their tokens give back, and how far the two are apart.</summary>
internal sealed class ReconstructPictures
{
    private readonly PictureInputs _inputs = new();
    private readonly VqganOptions _options = new();
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };

    public Command Build()
    {
        _options.Out.Description = "The folder to write PNGs into, each the picture and its reconstruction side by side.";
        var command = new ExampleCommand(
            "reconstruct",
            "Show what is left of pictures after their tokens, with the signal-to-noise ratio and the codebook's usage.",
            ("vqgan reconstruct photos --model vqgan-imagenet-f16-16384 --out seen", "Picture and reconstruction side by side, a PNG each."))
        {
            _inputs.Argument, _json,
        };
        _inputs.Options.Concat(_options.All).ToList().ForEach(command.Add);
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        var (folder, batch) = (parsed.GetRequiredValue(_options.Out), _options.Batch(parsed));
        var files = _inputs.Files(parsed);
        string Output(string file) => Path.Combine(folder, Path.GetFileNameWithoutExtension(file) + ".png");
        _options.CheckOutputs(parsed, [.. files.Select(Output)]);
        using var vqgan = _options.Load(parsed);
        var config = vqgan.Model.Config;
        var read = _inputs.Reader(parsed, config.Resolution, config.Factor);
        var progress = new ProgressLine(parsed.InvocationConfiguration.Error, "reconstruct", files.Count);
        var usage = new CodebookUsage(config.CodebookSize);
        var rows = new List<Row>();
        foreach (var part in files.Chunk(batch))
        {
            var seen = part.AsParallel().AsOrdered().Select(file => (File: file, Picture: read(file))).ToList();
            foreach (var alike in seen.GroupBy(one => (one.Picture.Width, one.Picture.Height)))
            {
                cancel.ThrowIfCancellationRequested();
                using var scope = new TensorScope();
                using var inference = new InferenceMode();
                List<Picture> pictures = [.. alike.Select(one => one.Picture)];
                var tokens = vqgan.Model.EncodeTokens(PictureInputs.Pixels(pictures, vqgan.Model.Device));
                usage.Add(tokens.ToArray<long>());
                var back = PictureInputs.Pictures(vqgan.Model.DecodeTokens(tokens));
                foreach (var ((file, picture), reconstruction) in alike.Zip(back))
                {
                    PictureFile.Save(Output(file), PictureFile.EncodePng(Beside(picture, reconstruction)), _options.Force(parsed));
                    rows.Add(new Row(Path.GetFileName(file), picture.Width, picture.Height, SignalToNoise(picture, reconstruction)));
                }
            }

            progress.Show(rows.Count, rows.Count);
        }

        Tell(parsed, new Report(rows, rows.Average(row => row.Psnr), usage.Used, config.CodebookSize, usage.Perplexity));
        return ExitCodes.Success;
    }

    private void Tell(ParseResult parsed, Report report)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            Terminal.WriteJson(output, report);
            return;
        }

        foreach (var row in report.Pictures)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.File}  {row.Width} x {row.Height}  {row.Psnr:0.00} dB"));
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Pictures.Count} pictures, {report.MeanPsnr:0.00} dB on average; {report.CodesUsed} of {report.CodebookSize} codes used, perplexity {report.Perplexity:0.0}"));
    }

    private static Picture Beside(Picture left, Picture right)
    {
        var row = left.Width * 3;
        var pixels = new byte[2 * row * left.Height];
        for (var line = 0; line < left.Height; line++)
        {
            left.Pixels.AsSpan(line * row, row).CopyTo(pixels.AsSpan(2 * line * row));
            right.Pixels.AsSpan(line * row, row).CopyTo(pixels.AsSpan((2 * line + 1) * row));
        }

        return new Picture(2 * left.Width, left.Height, 3, pixels);
    }

    /// <summary>Peak signal-to-noise ratio of 8-bit pictures in dB: 10·log10(255² / mean squared difference); 100 for equal pictures.</summary>
    private static double SignalToNoise(Picture picture, Picture reconstruction)
    {
        var squares = 0L;
        for (var i = 0; i < picture.Pixels.Length; i++)
        {
            var difference = picture.Pixels[i] - reconstruction.Pixels[i];
            squares += difference * difference;
        }

        return squares == 0 ? 100 : 10 * Math.Log10(255.0 * 255.0 * picture.Pixels.Length / squares);
    }

    private sealed record Row(string File, int Width, int Height, double Psnr);

    private sealed record Report(IReadOnlyList<Row> Pictures, double MeanPsnr, int CodesUsed, int CodebookSize, double Perplexity);
}
