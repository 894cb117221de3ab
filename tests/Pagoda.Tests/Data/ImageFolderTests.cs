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
        _folder.Write("00000/d.jpg", [5]);
        _folder.Write("00000/d.json", "{\"caption\": \"from the json\", \"status\": \"success\"}");
        _folder.Write("00000/e.jpg", [6]);
        _folder.Write("00000/e.json", "{\"caption\": \"lost\", \"status\": \"failed_to_download\"}");
        var folder = new ImageFolder(_folder.Path);
        Assert.Equal(6, folder.Count);
        Assert.Equal(["from the text", "second"], Captions("a.jpg"));
        Assert.Equal(["from the \"table\", indeed", "again"], Captions("b.PNG"));
        Assert.Equal(["maine coon"], Captions("c.webp"));
        Assert.Equal(["from the json"], Captions("d.jpg"));
        Assert.Equal(Defect.NoCaption, Assert.Throws<DataException>(() => Captions("alone.png")).Defect);
        Assert.Equal(Defect.NotDownloaded, Assert.Throws<DataException>(() => Captions("e.jpg")).Defect);

        IReadOnlyList<string> Captions(string name) =>
            folder.CaptionsOf(Enumerable.Range(0, folder.Count).Single(index => folder.PathOf(index).EndsWith(name, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("captions.jsonl", "{\"file_name\": \"a.jpg\", \"captions\": [\"x\", \"y\"]}\n\n{\"file\": \"b.jpg\", \"text\": \"z\"}\n")]
    [InlineData("captions.tsv", "filepath\ttitle\na.jpg\tx\na.jpg\ty\nb.jpg\tz\n")]
    public void Next_Tables_AreUnderstood(string name, string table)
    {
        _folder.Write("a.jpg", [1]);
        _folder.Write("b.jpg", [2]);
        _folder.Write(name, table);
        var folder = new ImageFolder(_folder.Path);
        Assert.Equal(["x", "y"], folder.CaptionsOf(0));
        Assert.Equal(["z"], folder.CaptionsOf(1));
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
        Assert.Contains(says, Assert.Throws<DataException>(() => new ImageFolder(_folder.Path)).Message);
    }

    [Fact]
    public void Restore_AtEveryPosition_TheRestIsTheSame()
    {
        for (var i = 0; i < 7; i++)
        {
            _folder.Write($"thing/{i}.png", [(byte)i]);
        }

        using var folder = new ListedPictures(new ImageFolder(_folder.Path), 1);
        var positions = new List<string>();
        var seen = new List<byte>();
        for (var i = 0; i < 30; i++)
        {
            positions.Add(folder.Save());
            seen.Add(folder.Next().Picture()[0]);
        }

        Assert.Equal(7, seen.Take(7).Distinct().Count());
        for (var i = 0; i < 20; i++)
        {
            using var other = new ListedPictures(new ImageFolder(_folder.Path), 1);
            other.Restore(positions[i]);
            Assert.Equal(seen.Skip(i).Take(10), Enumerable.Range(0, 10).Select(_ => other.Next().Picture()[0]));
        }
    }

    [Fact]
    public void Next_NoCaptionAnywhere_SaysSoInsteadOfTurningForEver()
    {
        _folder.Write("a.png", [1]);
        using var source = new DecodedSource(new ListedPictures(new ImageFolder(_folder.Path), 1), new Crop { Size = 4 }, 1);
        Assert.Contains("samples in a row", Assert.Throws<DataException>(() => source.Next(1)).Message);
    }

    [Fact]
    public void New_EmptyFolder_SaysSo() => Assert.Contains("0 pictures", Assert.Throws<DataException>(() => new ImageFolder(_folder.Path)).Message);

    public void Dispose() => _folder.Dispose();
}
