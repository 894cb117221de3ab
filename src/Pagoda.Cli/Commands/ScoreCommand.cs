using System.CommandLine;
using System.Globalization;
using System.Text;
using Pagoda.Cli.Commands.Score;
using Pagoda.Cli.Demonstrations;
using Pagoda.Formats;
using Pagoda.Formats.Images;
using Pagoda.Generation.Scoring;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands;

/// <summary><c>score</c>: energy and cosine of pictures and texts under a model.</summary>
internal sealed class ScoreCommand : IPagodaCommand
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".webp"];
    private readonly Argument<string?> _image = new("image") { Description = "A picture, or a folder of pictures.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Argument<string[]> _texts = new("text") { Description = "What it may show; several are compared.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string> _model = new("--model") { Description = "The model that judges: a name in models/, of the catalogue, or a path.", DefaultValueFactory = _ => "emoji" };
    private readonly Option<string?> _device = new("--device") { Description = "cpu, cuda or cuda:N; the best at hand by default." };
    private readonly Option<string?> _table = new("--table") { Description = "A CSV file of pairs with the columns file and text; files are relative to IMAGE, or to the table." };
    private readonly Option<string?> _csv = new("--csv") { Description = "Write file,text,cosine,energy to this file." };
    private readonly Option<string?> _heat = new("--heat") { Description = "Write a PNG of picture, gradient and overlay: where the energy depends on the pixels." };
    private readonly Option<int> _batch = new("--batch") { Description = "Pictures at a time.", DefaultValueFactory = _ => 32 };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
    private readonly Option<bool> _force = new("--force") { Description = "Replace files that exist." };
    private readonly ModelOptions _loading = new();

    public Command Build()
    {
        var command = new ExampleCommand(
            "score",
            "Tell how well pictures match texts: cosine, and energy, which is minus the cosine.",
            ("score apple.png \"a red apple\"", "The embedded model's word on it."),
            ("score apple.png \"a red apple\" \"a pear\" --heat heat.png", "Which of two, and where it looks."),
            ("score pictures \"a cat\" --model clipag-vit-b-32 --csv scores.csv", "Every picture of a folder."),
            ("score --table pairs.csv --csv scores.csv", "Pairs of file and text."))
        {
            _image, _texts, _model, _device, _table, _csv, _heat, _batch, _json, _force,
        };
        _loading.All.ToList().ForEach(command.Add);
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        var (image, texts, table) = (parsed.GetValue(_image), parsed.GetValue(_texts) ?? [], parsed.GetValue(_table));
        Check(parsed, image, texts, table);
        var device = parsed.GetValue(_device) is { } named ? Device.Parse(named) : LibTorch.DefaultDevice;
        using var clip = ClipLoader.Load(parsed.GetValue(_model)!, device, _loading.Of(parsed));
        var critic = new PictureCritic(clip);
        var many = table is not null || Directory.Exists(image);
        if (many || parsed.GetValue(_csv) is not null)
        {
            return Many(parsed, critic, cancel);
        }

        var seen = critic.Seen(PictureFile.Load(image!));
        float[] cosines;
        using (new TensorScope())
        {
            cosines = critic.Cosines([seen], clip.EncodeText(texts))[0];
        }

        Print(parsed, clip, texts, cosines, critic.Shares(cosines));
        if (parsed.GetValue(_heat) is { } heat)
        {
            PictureFile.Save(heat, PictureFile.EncodePng(Sheet(critic, seen, texts, cosines)), parsed.GetValue(_force));
        }

        return ExitCodes.Success;
    }

    private void Check(ParseResult parsed, string? image, string[] texts, string? table)
    {
        if (table is null && (image is null || texts.Length == 0))
        {
            throw new UsageException("name a picture and a text, as in score apple.png \"a red apple\", or pairs with --table");
        }

        if (table is not null && (texts.Length > 0 || !File.Exists(table)))
        {
            throw new UsageException(texts.Length > 0 ? "--table has the texts already; leave the others out" : $"there is no table {table}");
        }

        if (parsed.GetValue(_heat) is not null && (table is not null || !File.Exists(image)))
        {
            throw new UsageException("--heat shows one picture; name one");
        }

        if (parsed.GetValue(_batch) is < 1 or > 4096)
        {
            throw new UsageException($"--batch is {parsed.GetValue(_batch)}; give 1 to 4096");
        }

        if (parsed.GetValue(_csv) is not null && (parsed.GetValue(_json) || parsed.GetValue(_heat) is not null))
        {
            throw new UsageException("--csv goes without --json and --heat");
        }
    }

    private int Many(ParseResult parsed, PictureCritic critic, CancellationToken cancel)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var batches = new ScoreBatches(critic, parsed.GetValue(_batch), error);
        if (parsed.GetValue(_csv) is { } csv)
        {
            AtomicFile.Write(csv, parsed.GetValue(_force), stream =>
            {
                using var writer = new CsvScores(new StreamWriter(stream, new UTF8Encoding(false)));
                Score(parsed, batches, writer, cancel);
            });
        }
        else
        {
            using IScoreWriter writer = parsed.GetValue(_json) ? new JsonScores(output) : new PlainScores(output);
            Score(parsed, batches, writer, cancel);
        }

        batches.End();
        if (batches.Failed == 0)
        {
            return ExitCodes.Success;
        }

        error.WriteLine($"pagoda: {batches.Failed} picture(s) could not be read; all others were scored.");
        return ExitCodes.Failure;
    }

    private void Score(ParseResult parsed, ScoreBatches batches, IScoreWriter rows, CancellationToken cancel)
    {
        var image = parsed.GetValue(_image);
        if (parsed.GetValue(_table) is { } table)
        {
            batches.Pairs(PairTable.Read(table), image ?? Path.GetDirectoryName(Path.GetFullPath(table))!, rows, cancel);
        }
        else
        {
            batches.All(Pictures(image!), parsed.GetValue(_texts)!, rows, cancel);
        }
    }

    private static IEnumerable<string> Pictures(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }

        string[] files = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
            .Where(file => Extensions.Contains(Path.GetExtension(file).ToLowerInvariant())).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new UsageException($"{path} has no pictures ({string.Join(", ", Extensions)})");
    }

    private void Print(ParseResult parsed, LoadedClip clip, string[] texts, float[] cosines, double[] shares)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            var scores = texts.Select((text, i) => new { Text = text, Cosine = cosines[i], Energy = -cosines[i], Share = shares[i] });
            Terminal.WriteJson(output, new { File = parsed.GetValue(_image), Model = clip.Name, ModelHash = clip.Hash, Scores = scores });
            return;
        }

        for (var i = 0; i < texts.Length; i++)
        {
            var share = texts.Length > 1 ? $"  {shares[i].ToString("0.0%", CultureInfo.InvariantCulture),6}" : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"cosine {cosines[i],7:0.0000}  energy {-cosines[i],7:0.0000}{share}  {texts[i]}"));
        }
    }

    private static Picture Sheet(PictureCritic critic, Picture seen, string[] texts, float[] cosines)
    {
        const int Cell = 256;
        var sheet = new LabelledSheet(["picture", "gradient", "overlay"], seen.Width * Math.Max(1, Cell / seen.Width));
        for (var i = 0; i < texts.Length; i++)
        {
            var heat = HeatMap.Normalize(critic.Heat(seen, texts[i]));
            sheet.Add(
                string.Create(CultureInfo.InvariantCulture, $"{texts[i]}: cosine {cosines[i]:0.000}"),
                [seen, HeatMap.Draw(heat, seen.Width), HeatMap.Overlay(seen, heat)]);
        }

        return sheet.Draw();
    }
}
