using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Pagoda.Models.Clip.Tokenizer;

namespace Pagoda.Tests.Models.Tokenizer;

public sealed class TokenizerFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pagoda").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Load_ListOfMerges_LaysOutVocabularyLikeClip(bool compressed)
    {
        var tokenizer = ClipTokenizer.Load(WriteMerges("\"version\"\nc a\nca t</w>\n", compressed));
        Assert.Equal(516, tokenizer.VocabularySize);
        Assert.Equal(514, tokenizer.StartToken);
        Assert.Equal([513], tokenizer.Encode("cat"));
    }

    [Fact]
    public void Load_HuggingFaceFolder_EqualsTokenizerJson()
    {
        var json = Path.Combine(_folder, "tokenizer.json");
        var trained = BpeTrainer.Train(["the cat sat on the mat", "the cat"], 530);
        trained.SaveTokenizerJson(json);
        using (var document = JsonDocument.Parse(File.ReadAllText(json)))
        {
            var model = document.RootElement.GetProperty("model");
            File.WriteAllText(Path.Combine(_folder, "vocab.json"), model.GetProperty("vocab").GetRawText());
            var merges = model.GetProperty("merges").EnumerateArray().Select(merge => merge.GetString()!);
            File.WriteAllLines(Path.Combine(_folder, "merges.txt"), merges.Prepend("#version: 0.2"));
        }

        File.Delete(json);
        foreach (var path in new[] { _folder, Path.Combine(_folder, "vocab.json"), Path.Combine(_folder, "merges.txt") })
        {
            var loaded = ClipTokenizer.Load(path);
            Assert.Equal(trained.Tokenize("the cat sat, mate"), loaded.Tokenize("the cat sat, mate"));
        }
    }

    [Fact]
    public void Load_FolderWithTokenizerJsonOnly_ReadsIt()
    {
        var trained = BpeTrainer.Train(["the cat"], 520);
        trained.SaveTokenizerJson(Path.Combine(_folder, "tokenizer.json"));
        Assert.Equal(trained.Encode("cathedral"), ClipTokenizer.Load(_folder).Encode("cathedral"));
    }

    [Fact]
    public void Load_MergesAsPairs_AreRead()
    {
        var path = Write("t.json", """
            {"model": {"type": "BPE", "end_of_word_suffix": "</w>", "merges": [["a", "b</w>"]],
             "vocab": {"a": 0, "b</w>": 1, "ab</w>": 2}},
             "added_tokens": [{"id": 3, "content": "<|startoftext|>"}, {"id": 4, "content": "<|endoftext|>"}]}
            """);
        var tokenizer = ClipTokenizer.Load(path);
        Assert.Equal([2], tokenizer.Encode("ab"));
        Assert.Equal([0, 4], tokenizer.Encode("az"));
    }

    [Fact]
    public void Load_ClipGenTokens_ChoosesItsOptions()
    {
        var path = Write("t.json", """
            {"model": {"end_of_word_suffix": "</w>", "merges": [], "vocab": {"a</w>": 0, "<start_of_text>": 1, "<end_of_text>": 2}}}
            """);
        Assert.Equal(ClipTokenizerOptions.ClipGen, ClipTokenizer.Load(path).Options);
    }

    [Theory]
    [InlineData("{", "not valid JSON")]
    [InlineData("{\"model\": {}}", "no model with a vocab and merges")]
    [InlineData("{\"model\": {\"vocab\": {}, \"merges\": []}}", "end_of_word_suffix")]
    [InlineData("{\"model\": {\"end_of_word_suffix\": \"</w>\", \"vocab\": {\"a\": 0}, \"merges\": []}}", "no token <|startoftext|>")]
    [InlineData("{\"model\": {\"end_of_word_suffix\": \"</w>\", \"vocab\": {\"a\": -1}, \"merges\": []}}", "symbol \"a\"")]
    [InlineData("{\"model\": {\"end_of_word_suffix\": \"</w>\", \"vocab\": {\"a\": 0}, \"merges\": [\"a b\"]}}", "merge 1, \"a b\"")]
    public void Load_DamagedTokenizerJson_SaysWhatIsWrong(string content, string expected)
    {
        var path = Write("t.json", content);
        var error = Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_LineThatIsNoMerge_NamesTheLine()
    {
        var error = Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(WriteMerges("head\na b\na b c\n", compressed: false)));
        Assert.Contains("line 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_MergeOfUnknownSymbols_NamesTheMerge()
    {
        var error = Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(WriteMerges("head\nab c\n", compressed: false)));
        Assert.Contains("\"ab c\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_GzipCutShort_IsRefused()
    {
        var path = WriteMerges("head\n" + string.Concat(Enumerable.Repeat("a b\nc d\n", 500)), compressed: true);
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..^9]);
        Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(path));
    }

    [Fact]
    public void Load_Picture_IsRefused()
    {
        var path = Path.Combine(_folder, "picture.png");
        File.WriteAllBytes(path, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0xFF, 0xFE]);
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SaveTokenizerJson_FolderMissing_LeavesNothing()
    {
        var path = Path.Combine(_folder, "missing", "tokenizer.json");
        Assert.Throws<DirectoryNotFoundException>(() => BpeTrainer.Train(["a"], 514).SaveTokenizerJson(path));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    private string WriteMerges(string content, bool compressed)
    {
        var path = Path.Combine(_folder, "merges.list");
        using Stream file = File.Create(path);
        using var stream = compressed ? new GZipStream(file, CompressionLevel.Optimal) : file;
        stream.Write(Encoding.UTF8.GetBytes(content));
        return path;
    }
}
