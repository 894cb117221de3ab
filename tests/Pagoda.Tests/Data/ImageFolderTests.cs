using Pagoda.Data;
using Pagoda.Data.Folders;

namespace Pagoda.Tests.Data;

public sealed class ImageFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Next_Captions_ComeFromTableTextOrFolder()
    {
        _folder.Write("a.jpg", [1]);
        _folder.Write("a.txt", "from the text\nsecond");
        _folder.Write("b.PNG", [2]);
        _folder.Write("maine_coon/c.webp", [3]);
        _folder.Write("alone.png", [4]);
        _folder.Write("notes.md", "no picture");
        _folder.Write("captions.csv", "file_name,caption\r\nb.PNG,\"from the \"\"table\"\", indeed\"\r\nb.PNG,again\r\n");
        var log = new List<string>();
        using var folder = new ImageFolder(_folder.Path, 1, log: log.Add);
        var samples = Enumerable.Range(0, 6).Select(_ => folder.Next()).DistinctBy(sample => sample.Name).ToDictionary(sample => sample.Picture[0], sample => sample.Captions);
        Assert.Equal(["from the text", "second"], samples[1]);
        Assert.Equal(["from the \"table\", indeed", "again"], samples[2]);
        Assert.Equal(["maine coon"], samples[3]);
        Assert.DoesNotContain((byte)4, samples.Keys);
        Assert.Contains("alone.png", log[0]);
    }

    [Theory]
    [InlineData("captions.jsonl", "{\"file_name\": \"a.jpg\", \"captions\": [\"x\", \"y\"]}\n\n{\"file\": \"b.jpg\", \"text\": \"z\"}\n")]
    [InlineData("captions.tsv", "filepath\ttitle\na.jpg\tx\na.jpg\ty\nb.jpg\tz\n")]
    public void Next_Tables_AreUnderstood(string name, string table)
    {
        _folder.Write("a.jpg", [1]);
        _folder.Write("b.jpg", [2]);
        _folder.Write(name, table);
        using var folder = new ImageFolder(_folder.Path, 1);
        var samples = new[] { folder.Next(), folder.Next() }.OrderBy(sample => sample.Name).ToArray();
        Assert.Equal(["x", "y"], samples[0].Captions);
        Assert.Equal(["z"], samples[1].Captions);
    }

    [Theory]
    [InlineData("captions.csv", "a,b\n1,2\n", "columns")]
    [InlineData("captions.csv", "file,caption\nonly\n", "row 2")]
    [InlineData("captions.jsonl", "{\"file\": \"a.jpg\"}\nnonsense\n", "line 2")]
    [InlineData("captions.jsonl", "{\"caption\": \"a\"}\n", "names no file")]
    public void New_WrongTable_SaysWhere(string name, string table, string says)
    {
        _folder.Write("a.jpg", [1]);
        _folder.Write(name, table);
        Assert.Contains(says, Assert.Throws<DataException>(() => new ImageFolder(_folder.Path, 1)).Message);
    }

    [Fact]
    public void Restore_AtEveryPosition_TheRestIsTheSame()
    {
        for (var i = 0; i < 7; i++)
        {
            _folder.Write($"thing/{i}.png", [(byte)i]);
        }

        using var folder = new ImageFolder(_folder.Path, 1);
        var positions = new List<string>();
        var seen = new List<byte>();
        for (var i = 0; i < 30; i++)
        {
            positions.Add(folder.Save());
            seen.Add(folder.Next().Picture[0]);
        }

        Assert.Equal(7, seen.Take(7).Distinct().Count());
        for (var i = 0; i < 20; i++)
        {
            using var other = new ImageFolder(_folder.Path, 1);
            other.Restore(positions[i]);
            Assert.Equal(seen.Skip(i).Take(10), Enumerable.Range(0, 10).Select(_ => other.Next().Picture[0]));
        }
    }

    [Fact]
    public void Next_NoCaptionAnywhere_SaysSoInsteadOfTurningForEver()
    {
        _folder.Write("a.png", [1]);
        using var folder = new ImageFolder(_folder.Path, 1);
        Assert.Throws<DataException>(folder.Next);
    }

    [Fact]
    public void New_EmptyFolder_SaysSo() => Assert.Contains("0 pictures", Assert.Throws<DataException>(() => new ImageFolder(_folder.Path, 1)).Message);

    public void Dispose() => _folder.Dispose();
}
