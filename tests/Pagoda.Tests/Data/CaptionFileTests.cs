using System.Text;
using Pagoda.Data;
using Pagoda.Data.Folders;

namespace Pagoda.Tests.Data;

public sealed class CaptionFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("a.csv", "filepath\ttitle\nx.jpg\tone\nx.jpg\ttwo\n")]
    [InlineData("a.tsv", "caption\timage\none\tx.jpg\ntwo\tx.jpg\n")]
    [InlineData("a.csv", "\uFEFFfile_name,caption\nx.jpg,\"one\"\nx.jpg,two")]
    [InlineData("a.jsonl", "{\"image\": \"x.jpg\", \"captions\": [\"one\", \"two\"]}")]
    public void Table_OfAnyForm_GathersCaptionsByPicture(string name, string content)
    {
        _folder.Write("pictures/x.jpg", [1]);
        var data = StoredData.Open($"{_folder.Write(name, content)}@{_folder.File("pictures")}");
        using var source = data.Stream(1);
        var sample = source.Next();
        Assert.Equal(["one", "two"], sample.Captions());
        Assert.Equal([1], sample.Picture());
        Assert.Contains("1 pictures", data.Description);
    }

    [Theory]
    [InlineData("Train_GCC-training.tsv", "a dog\thttp://a/b.jpg\na cat\thttps://c/d.jpg\n")]
    [InlineData("a.csv", "url,caption\nhttp://a/b.jpg,a dog\n")]
    [InlineData("a.csv", "file,caption\nx.jpg,a\nhttp://a/b.jpg,a dog\n")]
    [InlineData("a.jsonl", "{\"url\": \"http://a/b.jpg\", \"caption\": \"a dog\"}\n")]
    public void Table_OfAddresses_SaysToFetchThemFirst(string name, string content)
    {
        var path = _folder.Write(name, content);
        var error = Assert.Throws<DataException>(() => StoredData.Open(StoredKind.Table, path));
        Assert.StartsWith($"{path} names addresses on the web, not files", error.Message);
        Assert.Contains("img2dataset", error.Message);
    }

    [Fact]
    public void Table_NoneOfItsPicturesThere_SaysWhereTheyWereLookedFor()
    {
        var path = _folder.Write("a.csv", "file,caption\nx.jpg,a\n");
        Assert.Contains($"none of the first 1 pictures is there, {_folder.File("x.jpg")}", Assert.Throws<DataException>(() => StoredData.Open(path)).Message);
    }

    [Fact]
    public void Table_OnePictureMissing_IsLeftOutByName()
    {
        _folder.Write("x.jpg", [1]);
        using var source = StoredData.Open(_folder.Write("a.csv", "file,caption\nx.jpg,a\ngone.jpg,b\n")).Stream(1);
        var missing = new[] { source.Next(), source.Next() }.Single(sample => sample.Key.EndsWith("gone.jpg", StringComparison.Ordinal));
        Assert.Equal(Defect.MissingFile, Assert.Throws<DataException>(() => missing.Picture()).Defect);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Coco_LargeFile_IsReadAsAStream(bool annotationsFirst)
    {
        const int Count = 3000;
        var images = string.Join(",", Enumerable.Range(0, Count).Select(i => $"{{\"license\": 1, \"file_name\": \"{i:D12}.jpg\", \"nested\": {{\"id\": [1, {{}}]}}, \"id\": {i * 7}}}"));
        var annotations = string.Join(",\n", Enumerable.Range(0, 2 * Count).Select(i => $"{{\"image_id\": {i % Count * 7}, \"id\": {i}, \"caption\": \"picture {i % Count} said {i / Count} {(i == 5 ? new string('z', 200_000) : "")}\"}}"));
        string[] parts = [$"\"images\": [{images}]", "\"licenses\": [{\"id\": 3}], \"info\": {\"year\": 2017, \"list\": [{}]}", $"\"annotations\": [{annotations}]"];
        var path = _folder.Write("captions.json", $"{{{string.Join(", ", annotationsFirst ? parts.Reverse() : parts)}}}");
        _folder.Write("train/000000000000.jpg", [7]);
        var list = CocoCaptions.Read(path, _folder.File("train")).Checked();
        Assert.Equal(Count, list.Count);
        Assert.Equal(["picture 2999 said 0", "picture 2999 said 1"], list.CaptionsOf(2999));
        Assert.EndsWith("000000002999.jpg", list.PathOf(2999));
        Assert.Equal(200_000, list.CaptionsOf(5)[0].Count(letter => letter == 'z'));
        Assert.Contains("3,000 pictures", StoredData.Open($"{path}@{_folder.File("train")}").Description);
    }

    [Theory]
    [InlineData("", "is no JSON file")]
    [InlineData("[]", "is no JSON file")]
    [InlineData("{\"images\": [{\"id\": 1, \"file_name\": \"a.jpg\"}", "is no JSON file")]
    [InlineData("{\"images\": [], \"annotations\": []}", "no images and annotations")]
    [InlineData("{\"images\": [{\"id\": 1, \"file_name\": \"a.jpg\"}], \"annotations\": [{\"image_id\": 1, \"bbox\": [1]}]}", "lacks caption")]
    [InlineData("{\"images\": [{\"id\": \"1\", \"file_name\": \"a.jpg\"}]}", "lacks id")]
    public void Coco_SomethingElse_SaysSo(string content, string says) =>
        Assert.Contains(says, Assert.Throws<DataException>(() => CocoCaptions.Read(_folder.Write("a.json", content), _folder.Path)).Message);

    [Fact]
    public void Coco_CutAnywhere_IsRefused()
    {
        var whole = Encoding.UTF8.GetBytes("{\"images\": [{\"id\": 1, \"file_name\": \"a.jpg\"}], \"annotations\": [{\"image_id\": 1, \"caption\": \"é\"}]}");
        for (var length = 0; length < whole.Length; length++)
        {
            var path = _folder.Write("a.json", whole[..length]);
            Assert.Throws<DataException>(() => CocoCaptions.Read(path, _folder.Path));
        }
    }

    [Fact]
    public void Open_NameWithoutAKind_IsGuessed()
    {
        _folder.Shards(2, 3);
        _folder.Write("pictures/a/x.png", [1]);
        _folder.Write("00000_stats.json", "{\"successes\": 3}");
        _folder.Write("00001_stats.json", "{\"successes\": 2}");
        _folder.Write("00000.parquet", [1]);
        Assert.Contains("2 shard(s), 5 pictures by img2dataset's count", StoredData.Open(_folder.Path).Description);
        Assert.Contains("1 shard(s)", StoredData.Open(_folder.File("{00001..00001}.tar")).Description);
        Assert.Contains("1 pictures", StoredData.Open(_folder.File("pictures")).Description);
        Assert.Contains("1 pictures", StoredData.Open($"folder:{_folder.Path}").Description);
        Assert.Contains("shards:, folder:, table: or coco:", Assert.Throws<DataException>(() => StoredData.Open(_folder.File("nothing"))).Message);
        Assert.Contains("gone.tar does not exist", Assert.Throws<DataException>(() => StoredData.Open(_folder.File("gone.tar"))).Message);
    }

    public void Dispose() => _folder.Dispose();
}
