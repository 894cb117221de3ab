using Pagoda.Evaluation;
using Pagoda.Evaluation.Benchmarks;
using Pagoda.Tests.Data;

namespace Pagoda.Tests.Evaluation.Benchmarks;

/// <summary>Judges' results, captions and reports as files.</summary>
public sealed class EvalFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void JudgeResults_TextsAndNumbers_InTheOrderOfTheQuestions()
    {
        Assert.Equal([(0, 0.711), (1, 0.25)], JudgeResults.Read(Written("a.json", """[{"question_id": 1, "answer": 0.25}, {"question_id": 0, "answer": "0.7110"}]""")));
        File.WriteAllBytes(_folder.File("b.json"), JudgeResults.Write([(0, 0.5), (1, -0.25)]));
        Assert.Equal([(0, 0.5), (1, -0.25)], JudgeResults.Read(_folder.File("b.json")));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("[1]")]
    [InlineData("""[{"question_id": 0}]""")]
    [InlineData("""[{"question_id": 0, "answer": "yes"}]""")]
    [InlineData("""[{"question_id": 0, "answer": "nan"}]""")]
    [InlineData("""[{"question_id": 0, "answer": 1}, {"question_id": 0, "answer": 1}]""")]
    public void JudgeResults_OfAnotherForm_AreRefused(string json) => Assert.Contains("a.json", Assert.Throws<InvalidDataException>(() => JudgeResults.Read(Written("a.json", json))).Message, StringComparison.Ordinal);

    [Fact]
    public void Captions_OfEveryForm()
    {
        Assert.Equal([new("7", "a cat"), new("7", "a big cat"), new("9", "a dog")], CaptionFile.Read(Written("a.tsv", "image_id\tcaption\r\n7\ta cat\r\n7\ta  big cat \r\n9\ta dog\r\n")));
        Assert.Equal([new("7", "a cat"), new("9", "a dog")], CaptionFile.Read(Written("a.json", """{"images": [], "annotations": [{"image_id": 7, "id": 1, "caption": "a cat\n"}, {"image_id": 9, "id": 2, "caption": "a dog"}]}""")));
        Assert.Equal([new("0", "a cat"), new("1", "a dog")], CaptionFile.Read(Written("a.txt", "a cat\n\na dog\n")));
        Assert.Throws<InvalidDataException>(() => CaptionFile.Read(Written("b.tsv", "7\ta cat\n")));
        Assert.Throws<InvalidDataException>(() => CaptionFile.Read(Written("b.json", "{}")));
        Assert.Throws<InvalidDataException>(() => CaptionFile.Read(_folder.File("nothing.tsv")));
    }

    [Fact]
    public void Draw_OneOfEachPhotograph_BySeedAlone()
    {
        ImageCaption[] all = [.. Enumerable.Range(0, 500).Select(i => new ImageCaption($"{i / 5}", $"caption {i}"))];
        var (few, many) = (CaptionFile.Draw(all, 10, 3), CaptionFile.Draw([.. all.Reverse()], 60, 3));
        Assert.Equal(few, many.Take(10));
        Assert.Equal(60, many.Select(one => one.Image).Distinct().Count());
        Assert.NotEqual(few, CaptionFile.Draw(all, 10, 4));
        // Neither the first photographs nor their first captions.
        Assert.InRange(CaptionFile.Draw(all, 100, 3).Count(one => int.Parse(one.Caption[8..], System.Globalization.CultureInfo.InvariantCulture) % 5 == 0), 5, 40);
        Assert.InRange(many.Average(one => int.Parse(one.Image, System.Globalization.CultureInfo.InvariantCulture)), 35, 65);
        Assert.Contains("100 photographs", Assert.Throws<InvalidDataException>(() => CaptionFile.Draw(all, 101, 3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mean_OfPicturesOfOnePrompt_IsResampledTogether()
    {
        // Ten prompts of ten equal pictures tell as little as ten pictures.
        var alone = Bootstrap.Mean([.. Enumerable.Range(0, 10).Select(i => (IReadOnlyCollection<double>)[i])], 1);
        var together = Bootstrap.Mean([.. Enumerable.Range(0, 10).Select(i => (IReadOnlyCollection<double>)Enumerable.Repeat((double)i, 10).ToArray())], 1);
        Assert.Equal(4.5, alone.Value, 9);
        Assert.Equal((alone.Low, alone.High), (together.Low, together.High));
        Assert.InRange(alone.High - alone.Low, 2, 5);
        Assert.Equal(1.75, Bootstrap.Mean([[1, 1, 1], [4]], 1).Value, 9);
    }

    private string Written(string name, string text)
    {
        File.WriteAllText(_folder.File(name), text);
        return _folder.File(name);
    }
}
