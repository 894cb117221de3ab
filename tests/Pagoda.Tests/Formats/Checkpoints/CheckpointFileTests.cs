using System.Text;
using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Tests.Formats.Checkpoints;

public sealed class CheckpointFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Open_AnyKind_IsToldByContent()
    {
        WriteShard("weights.bin", "a");
        Open<SafetensorsFile>(folder.File("weights.bin"));
        Open<TorchArchive>(folder.Write("x", Samples.Bytes("state_dict.pt")));
        Open<TorchArchive>(folder.Write("y", Samples.Bytes("legacy.pth")));
        Open<SafetensorsIndex>(Index("""{"weight_map":{"a":"weights.bin"}}"""));

        static void Open<T>(string path)
        {
            using var archive = CheckpointFile.Open(path);
            Assert.IsType<T>(archive);
            Assert.NotEmpty(archive.Entries);
        }
    }

    [Fact]
    public void Open_SafetensorsWhoseHeaderLengthLooksLikeAPickle_IsSafetensors()
    {
        // 0x80, the length's lowest byte, is also how every pickle begins.
        var header = Encoding.ASCII.GetBytes("{}".PadRight(0x180));
        using var archive = CheckpointFile.Open(folder.Write("x", [.. BitConverter.GetBytes((long)header.Length), .. header]));
        Assert.IsType<SafetensorsFile>(archive);
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("version https://git-lfs.github.com/spec/v1", "pointer of Git LFS")]
    [InlineData("<!DOCTYPE html>", "it is a web page")]
    [InlineData("something else", "neither safetensors nor")]
    public void Open_SomethingElse_IsExplained(string content, string reason) =>
        Assert.Contains(reason, Assert.Throws<CheckpointException>(() => CheckpointFile.Open(folder.Write("x", Encoding.ASCII.GetBytes(content)))).Message);

    [Fact]
    public void Open_Folder_TakesThePreferredName()
    {
        Assert.Contains("no checkpoint in this folder", Assert.Throws<CheckpointException>(() => CheckpointFile.Open(folder.Path)).Message);
        WriteShard("zzz.safetensors", "only");
        Assert.Equal(["only"], Names());
        WriteShard("yyy.safetensors", "other");
        Assert.Contains("2 checkpoints in this folder (yyy.safetensors, zzz.safetensors)", Assert.Throws<CheckpointException>(() => CheckpointFile.Open(folder.Path)).Message);
        folder.Write("pytorch_model.bin", Samples.Bytes("training.pt"));
        Assert.Equal(["weight", "bias"], Names());
        Index("""{"weight_map":{"other":"yyy.safetensors"}}""");
        Assert.Equal(["other"], Names());
        WriteShard("model.safetensors", "transformers");
        Assert.Equal(["transformers"], Names());
        WriteShard("open_clip_model.safetensors", "open_clip");
        Assert.Equal(["open_clip"], Names());

        IEnumerable<string> Names()
        {
            using var archive = CheckpointFile.Open(folder.Path);
            return [.. archive.Entries.Keys];
        }
    }

    [Fact]
    public void Index_TwoKindsOfShards_AreRead()
    {
        WriteShard("1.safetensors", "a", "unlisted");
        folder.Write("2.bin", Samples.Bytes("training.pt"));
        using var index = SafetensorsIndex.Open(Index("""{"metadata":{"total_size":25},"weight_map":{"weight":"2.bin","a":"1.safetensors"}}"""));
        Assert.Equal("25", index.Metadata["total_size"]);
        Assert.Equal(["weight", "a"], index.Entries.Keys);
        Assert.Equal([0f, 1, 2, 3, 4, 5], index.ReadFloats("weight"));
        Assert.Equal([7], index.ReadBytes("a"));
        Assert.NotEqual(0, index.Pointer("a"));
        Assert.Throws<CheckpointException>(() => index.ReadBytes("unlisted"));
    }

    [Theory]
    [InlineData("{", "cannot be read as an index")]
    [InlineData("{}", "no object weight_map")]
    [InlineData("""{"weight_map":[]}""", "no object weight_map")]
    [InlineData("""{"weight_map":{"a":1}}""", "does not name a file for tensor 'a'")]
    [InlineData("""{"weight_map":{"a":"../1.safetensors"}}""", "which is not a file beside it")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd"}}""", "which is not a file beside it")]
    [InlineData("""{"weight_map":{"a":".."}}""", "which is not a file beside it")]
    [InlineData("""{"weight_map":{"a":"none.safetensors"}}""", "none.safetensors: cannot be read")]
    [InlineData("""{"weight_map":{"b":"1.safetensors"}}""", "tensor 'b' is not in 1.safetensors")]
    [InlineData("""{"weight_map":{"a":"1.safetensors","a":"1.safetensors"}}""", "has tensor 'a' twice")]
    public void Index_Malformed_IsRefused(string json, string reason)
    {
        WriteShard("1.safetensors", "a");
        Assert.Contains(reason, Assert.Throws<CheckpointException>(() => SafetensorsIndex.Open(Index(json))).Message);
    }

    private string Index(string json) => folder.Write("model.safetensors.index.json", Encoding.UTF8.GetBytes(json));

    private void WriteShard(string file, params string[] names) =>
        SafetensorsWriter.Write(folder.File(file), names.Select(name => new TensorToWrite(name, ScalarType.UInt8, [1], new byte[] { 7 })));
}
