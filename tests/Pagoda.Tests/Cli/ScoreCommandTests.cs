using System.Globalization;
using System.Text.Json.Nodes;
using Pagoda.Cli;
using Pagoda.Cli.Commands.Score;
using Pagoda.Formats.Images;
using Pagoda.Models.Clip;
using Pagoda.Tests.Data;
using Pagoda.Tests.Generation;
using Pagoda.Torch;

namespace Pagoda.Tests.Cli;

public sealed class ScoreCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ScoreCommandTests()
    {
        ClipSaver.Save(Model, TinyClip.Model(), TinyClip.Tokenizer);
        for (var i = 0; i < 5; i++)
        {
            // Wider than high, so that the middle is cut out and resized.
            PictureFile.Save(File($"pictures/{i}.png"), PictureFile.EncodePng(Striped((byte)(50 * i), 40, 24)));
        }
    }

    private string Model => _folder.File("tiny");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Score_OnePicture_IsTheCosineOfTheModelsEmbeddings()
    {
        var (code, output, error) = await Score(File("pictures/2.png"), "a red apple", "--json");
        Assert.Equal((0, ""), (code, error));
        var score = JsonNode.Parse(output)!["scores"]![0]!;
        var expected = Cosine("pictures/2.png", "a red apple");
        Assert.Equal(expected, score["cosine"]!.GetValue<float>());
        Assert.Equal(-expected, score["energy"]!.GetValue<float>());
    }

    [Fact]
    public async Task Score_SeveralTexts_HaveSharesOfASoftmax()
    {
        var (_, output, _) = await Score(File("pictures/2.png"), "a red apple", "a cat", "--json");
        var scores = JsonNode.Parse(output)!["scores"]!.AsArray();
        var factor = Math.Exp(TinyClip.Model().LogitScale.ToDouble());
        var weights = scores.Select(score => Math.Exp(factor * score!["cosine"]!.GetValue<double>())).ToArray();
        Assert.Equal(weights[0] / weights.Sum(), scores[0]!["share"]!.GetValue<double>(), 6);
        var (_, plain, _) = await Score(File("pictures/2.png"), "a red apple", "a cat");
        Assert.Matches(@"^cosine +-?0\.\d{4}  energy +-?0\.\d{4}  +\d+\.\d%  a red apple\ncosine .*  a cat\n$", plain);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    [InlineData("64")]
    public async Task Score_Folder_WritesARowForEachPictureAndText(string batch)
    {
        var (code, _, _) = await Score(File("pictures"), "a cat", "so, \"it\" is", "--csv", File("scores.csv"), "--batch", batch);
        Assert.Equal(0, code);
        var rows = System.IO.File.ReadAllText(File("scores.csv")).Split('\n');
        Assert.Equal("file,text,cosine,energy", rows[0]);
        Assert.Equal(5 * 2 + 2, rows.Length);
        Assert.StartsWith($"{File("pictures/0.png")},\"so, \"\"it\"\" is\",", rows[2], StringComparison.Ordinal);
        var parts = rows[7].Split(',');
        Assert.Equal(File("pictures/3.png"), parts[0]);
        Assert.Equal(Cosine("pictures/3.png", "a cat"), float.Parse(parts[2], CultureInfo.InvariantCulture), 1e-6f);
        Assert.Equal($"-{parts[2]}".Replace("--", "", StringComparison.Ordinal), parts[3]);
    }

    [Fact]
    public async Task Score_Table_ScoresEachPairAndNamesTheBrokenOnes()
    {
        _folder.Write("pairs.csv", "text,file\r\n\"a \"\"red\"\"\napple\",pictures/1.png\n\na cat,pictures/gone.png\na cat,pictures/1.png\n");
        var (code, output, error) = await Score("--table", File("pairs.csv"), "--json");
        Assert.Equal(1, code);
        Assert.Equal(2, error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("gone.png cannot be read", error, StringComparison.Ordinal);
        Assert.Contains("1 picture(s) could not be read; all others were scored", error, StringComparison.Ordinal);
        var rows = JsonNode.Parse(output)!.AsArray();
        Assert.Equal(["a \"red\"\napple", "a cat"], rows.Select(row => row!["text"]!.GetValue<string>()));
        Assert.Equal(Cosine("pictures/1.png", "a cat"), rows[1]!["cosine"]!.GetValue<float>(), 1e-6f);
    }

    [Fact]
    public async Task Score_Heat_ShowsPictureGradientAndOverlay()
    {
        var (code, _, _) = await Score(File("pictures/2.png"), "a red apple", "a cat", "--heat", File("heat.png"));
        Assert.Equal(0, code);
        var sheet = PictureFile.Load(File("heat.png"));
        Assert.Equal(8 + (3 * (256 + 8)), sheet.Width);
        Assert.True(sheet.Height > 2 * 256);
        Assert.True(sheet.Pixels.Chunk(3).Select(pixel => (pixel[0], pixel[1], pixel[2])).Distinct().Count() > 100);
    }

    [Theory]
    [InlineData("name a picture and a text")]
    [InlineData("name a picture and a text", "apple.png")]
    [InlineData("there is no table gone.csv", "--table", "gone.csv")]
    [InlineData("--batch is 0", "apple.png", "a cat", "--batch", "0")]
    [InlineData("--heat shows one picture", "pictures", "a cat", "--heat", "h.png")]
    [InlineData("--csv goes without", "apple.png", "a cat", "--csv", "a.csv", "--json")]
    public async Task Score_WrongUsage_SaysWhatToDo(string expected, params string[] arguments)
    {
        var (code, _, error) = await Score(arguments);
        Assert.Equal(2, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_CsvThatExists_StaysAsItIs()
    {
        _folder.Write("scores.csv", "mine");
        var (code, _, error) = await Score(File("pictures"), "a cat", "--csv", File("scores.csv"));
        Assert.Equal(1, code);
        Assert.Contains("exists already", error, StringComparison.Ordinal);
        Assert.Equal("mine", System.IO.File.ReadAllText(File("scores.csv")));
    }

    [Theory]
    [InlineData("name,words\na,b\n", "must name a column file and a column text")]
    [InlineData("file,text\na.png\n", "row 2, has 1 of 2 fields")]
    public void PairTable_Wrong_SaysWhere(string content, string expected)
    {
        var path = _folder.Write("wrong.csv", content);
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => PairTable.Read(path).ToList()).Message, StringComparison.Ordinal);
    }

    internal static Picture Striped(byte tint, int width, int height)
    {
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)((i * 7 % 200) + (i % 3 == 0 ? tint / 4 : 0));
        }

        return new Picture(width, height, 3, pixels);
    }

    private string File(string name) => _folder.File(name);

    /// <summary>By hand: CLIP's preprocessing, both towers, the sum of products.</summary>
    private float Cosine(string file, string text)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        using var clip = ClipLoader.Load(Model, Device.Cpu);
        var planes = new ClipPreprocessing(TinyClip.Size) { Mean = [0, 0, 0], StandardDeviation = [1, 1, 1] }.Apply(PictureFile.Load(File(file)));
        var image = clip.Model.EncodeImage(Tensor.From(planes, 1, 3, TinyClip.Size, TinyClip.Size));
        return (float)(image * clip.EncodeText(text)).Sum().ToDouble();
    }

    private async Task<(int Code, string Output, string Error)> Score(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandLine.RunAsync(["score", .. arguments, "--model", Model, "--device", "cpu"], output, error);
        return (code, output.ToString(), error.ToString());
    }
}
