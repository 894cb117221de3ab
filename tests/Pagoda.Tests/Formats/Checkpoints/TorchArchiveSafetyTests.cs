using System.IO.Compression;
using System.Text;
using Pagoda.Formats.Checkpoints;

namespace Pagoda.Tests.Formats.Checkpoints;

public sealed class TorchArchiveSafetyTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Python runs the command when it unpickles these (of a list of modules it may load, or of NEWOBJ, it makes a foreign object).</summary>
    [Theory]
    [InlineData("GLOBAL and REDUCE", "\u0080\u0002cos\nsystem\n{0}\u0085R.")]
    [InlineData("STACK_GLOBAL", "\u0080\u0004\u008c\u0002os\u008c\u0006system\u0093{0}\u0085R.")]
    [InlineData("INST", "({0}ios\nsystem\n.")]
    [InlineData("OBJ", "(cos\nsystem\n{0}o.")]
    [InlineData("NEWOBJ of a subclass", "\u0080\u0002csubprocess\nPopen\n{0}\u0085\u0081.")]
    [InlineData("NEWOBJ_EX", "\u0080\u0004csubprocess\nPopen\n{0}\u0085}}\u0092.")]
    [InlineData("BUILD with __setstate__", "\u0080\u0002ctypes\nSimpleNamespace\n)\u0081}}X\u000c\u0000\u0000\u0000__setstate__cos\nsystem\nsb{0}b.")]
    [InlineData("within a tuple", "\u0080\u0002cposix\nsystem\n{0}\u0085R\u0085.")]
    [InlineData("builtins.getattr of a module", "\u0080\u0002cbuiltins\ngetattr\ncbuiltins\n__import__\nX\u0002\u0000\u0000\u0000os\u0085RX\u0006\u0000\u0000\u0000system\u0086R{0}\u0085R.")]
    [InlineData("torch.load again", "\u0080\u0002ctorch.serialization\nload\n{0}\u0085R.")]
    [InlineData("beside weights", "\u0080\u0002}}(X\u0001\u0000\u0000\u0000acos\nsystem\n{0}\u0085Ru.")]
    public void Open_PickleThatRunsACommand_DoesNothing(string way, string pickle)
    {
        var marker = folder.File("ran");
        var command = $"touch {marker}";
        var bytes = Samples.Checkpoint(string.Format(pickle, Samples.Text(command)));
        using var archive = TorchArchive.Open(folder.Write("x.pt", bytes));
        Assert.Empty(archive.Entries);
        Assert.Empty(archive.Values);
        Assert.False(File.Exists(marker), way);
    }

    [Theory]
    [InlineData("a string longer than the file", "\u0080\u0002X\u00ff\u00ff\u00ff\u007fabc.", "2147483647 bytes are wanted")]
    [InlineData("a string longer than 32 bits", "\u0080\u0004\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ffabc.", "18446744073709551615 bytes are wanted")]
    [InlineData("bytes longer than the file", "\u0080\u0004\u008e\u0000\u0000\u0000\u0000\u0001\u0000\u0000\u0000abc.", "4294967296 bytes are wanted")]
    [InlineData("an integer longer than the file", "\u0080\u0002\u008b\u00ff\u00ff\u00ff\u007f1.", "2147483647 bytes are wanted")]
    [InlineData("no end", "\u0080\u0002}", "0 are left")]
    [InlineData("no global end", "\u0080\u0002cos", "a line has no end")]
    [InlineData("empty stack", "\u0080\u0002.", "the stack is empty")]
    [InlineData("append below the mark", "\u0080\u0002](Na.", "APPEND (0x61): the stack is empty")]
    [InlineData("no mark", "\u0080\u0002Nt.", "TUPLE (0x74): no mark was set")]
    [InlineData("forgotten memo", "\u0080\u0002h\u0007.", "BINGET (0x68): nothing was memorised as 7")]
    [InlineData("key without value", "\u0080\u0002}(Nu.", "SETITEMS (0x75): a key has no value")]
    [InlineData("call of a number", "\u0080\u0002K\u0001)R.", "REDUCE (0x52): what is called is not a class or function")]
    [InlineData("arguments not a tuple", "\u0080\u0002ca\nb\n]R.", "the arguments are not a tuple")]
    [InlineData("append to a number", "\u0080\u0002K\u0001Na.", "what is appended to is not a list")]
    [InlineData("fill a list", "\u0080\u0002]NNs.", "what is filled is not a dictionary")]
    [InlineData("build a list", "\u0080\u0002]Nb.", "what is built is not an object")]
    [InlineData("names that are no strings", "\u0080\u0002NN\u0093.", "the names are not strings")]
    [InlineData("extension registry", "\u0080\u0002\u0082\u0001.", "EXT1 (0x82): no PyTorch checkpoint has this opcode")]
    [InlineData("no opcode", "\u0080\u0002\u00fe.", "254 (0xfe): no PyTorch checkpoint has this opcode")]
    [InlineData("protocol of the future", "\u0080\u0006N.", "protocol 6 is newer than 5")]
    [InlineData("not UTF-8", "\u0080\u0002X\u0001\u0000\u0000\u0000\u00ff.", "a string is not UTF-8")]
    [InlineData("number with letters", "I1x\n.", "it is not an integer")]
    [InlineData("persistent id of something else", "\u0080\u0002K\u0001Q.", "a persistent id is not a storage of torch")]
    [InlineData("tensor of a number", "\u0080\u0002ctorch._utils\n_rebuild_tensor_v2\nK\u0001\u0085R.", "torch._utils._rebuild_tensor_v2 has other arguments than PyTorch writes")]
    public void Open_MalformedPickle_IsRefusedWithItsOpcode(string what, string pickle, string reason)
    {
        var path = folder.Write("x.pt", Samples.Checkpoint(pickle));
        var message = Assert.Throws<CheckpointException>(() => TorchArchive.Open(path)).Message;
        Assert.True(message.StartsWith(path) && message.Contains(reason), $"{what}: {message}");
    }

    [Theory]
    [InlineData("-1", "(K\u0002t", "(K\u0001t", "impossible strides [1] or offset -1")]
    [InlineData("3", "(K\u0002t", "(K\u0001t", "reaches to element 4 of a storage of 4")]
    [InlineData("0", "(K\u0002t", "(K\u0004t", "reaches to element 4 of a storage of 4")]
    [InlineData("0", "(K\u0002t", "(J\u00ff\u00ff\u00ff\u00fft", "impossible strides [-1]")]
    [InlineData("0", "(K\u0002t", "(K\u0001K\u0001t", "impossible strides [1, 1]")]
    [InlineData("0", "(J\u00ff\u00ff\u00ff\u00fft", "(K\u0001t", "which no storage holds")]
    [InlineData("0", "(\u008a\u0008\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0040K\u0004t", "(K\u0000K\u0000t", "which no storage holds")]
    [InlineData("9223372036854775807", "(K\u0002t", "(K\u0001t", "which no storage holds")]
    public void Open_TensorOutsideItsStorage_IsRefusedByName(string offset, string shape, string strides, string reason)
    {
        var pickle = $"\u0080\u0002}}{Samples.Text("weight")}{Tensor(offset, shape, strides)}s.";
        var path = folder.Write("x.pt", Samples.Zip([("a/data.pkl", Encoding.Latin1.GetBytes(pickle)), ("a/data/0", new byte[16])]));
        var message = Assert.Throws<CheckpointException>(() => TorchArchive.Open(path)).Message;
        Assert.True(message.Contains("tensor 'weight'") && message.Contains(reason), message);
    }

    [Fact]
    public void Open_StorageInStorageBeyondTheEntry_IsRefusedOnReading()
    {
        var storage = $"({Samples.Text("storage")}ctorch\nFloatStorage\n{Samples.Text("0")}{Samples.Text("cpu")}M\u00ff\u000f{Samples.Text("view")}M\u00f0\u000fK\u0004\u0087tQ";
        var pickle = $"\u0080\u0002}}{Samples.Text("weight")}ctorch._utils\n_rebuild_tensor_v2\n({storage}K\u0000(K\u0004t(K\u0001t\u0089ccollections\nOrderedDict\n)RtRs.";
        using var archive = TorchArchive.Open(folder.Write("x.pt", Samples.Zip([("a/data.pkl", Encoding.Latin1.GetBytes(pickle)), ("a/data/0", new byte[16])])));
        Assert.Contains("has 16 bytes instead of 16336", Assert.Throws<CheckpointException>(() => archive.ReadBytes("weight")).Message);
    }

    [Fact]
    public void Open_MemoBomb_IsInertOrRefused()
    {
        // A list of two references to a list of two references ...: 2^60 leaves in 400 bytes.
        string Bomb(string leaf) => leaf + "q\u0000" + string.Concat(Enumerable.Range(1, 60).Select(level => $"](h{(char)(level - 1)}h{(char)(level - 1)}eq{(char)level}"));
        using var archive = TorchArchive.Open(folder.Write("x.pt", Samples.Checkpoint($"\u0080\u0002{Bomb("N\u0085")}.")));
        Assert.Empty(archive.Entries);
        Assert.NotNull(archive.Values);
        var path = folder.Write("y.pt", Samples.Checkpoint($"\u0080\u0002{Bomb(Tensor("0", "(K\u0001t", "(K\u0001t"))}."));
        Assert.Contains("nested too deep or without end", Assert.Throws<CheckpointException>(() => TorchArchive.Open(path)).Message);
    }

    [Fact]
    public void Open_ManyLevels_IsInertOrRefused()
    {
        string Deep(string leaf) => string.Concat(Enumerable.Repeat("]", 200_000)) + leaf + new string('a', 200_000) + ".";
        using var archive = TorchArchive.Open(folder.Write("x.pt", Samples.Checkpoint("\u0080\u0002" + Deep("N"))));
        Assert.Empty(archive.Entries);
        var path = folder.Write("y.pt", Samples.Checkpoint("\u0080\u0002" + Deep(Tensor("0", "(K\u0001t", "(K\u0001t"))));
        Assert.Contains("nested too deep", Assert.Throws<CheckpointException>(() => TorchArchive.Open(path)).Message);
    }

    [Fact]
    public void Open_EndlessWork_IsRefusedQuickly()
    {
        // One long list, turned into dictionaries again and again.
        var pickle = "\u0080\u0002](" + string.Concat(Enumerable.Repeat("NN\u0086", 50_000)) + "eq\u00000" + string.Concat(Enumerable.Repeat("ccollections\nOrderedDict\nh\u0000\u0085R0", 1_000)) + "N.";
        var path = folder.Write("x.pt", Samples.Checkpoint(pickle));
        Assert.Contains("steps, which no checkpoint needs", Assert.Throws<CheckpointException>(() => TorchArchive.Open(path)).Message);
    }

    [Fact]
    public void Open_ListWithinItself_IsInertOrRefused()
    {
        using var archive = TorchArchive.Open(folder.Write("x.pt", Samples.Checkpoint("\u0080\u0002]q\u0000h\u0000a.")));
        Assert.Empty(archive.Entries);
        var path = folder.Write("y.pt", Samples.Checkpoint($"\u0080\u0002]q\u0000h\u0000a{Tensor("0", "(K\u0001t", "(K\u0001t")}a."));
        Assert.Contains("nested too deep", Assert.Throws<CheckpointException>(() => TorchArchive.Open(path)).Message);
    }

    [Fact]
    public void Open_ZipBomb_IsRefused()
    {
        var bytes = Samples.Zip([("a/data.pkl", new byte[100_000])], CompressionLevel.SmallestSize);
        var directory = bytes.AsSpan().IndexOf("PK\x1\x2"u8);
        BitConverter.GetBytes(0x0FFFFFFF).CopyTo(bytes, directory + 24);
        Assert.Contains("cannot have 268435455 bytes in", Assert.Throws<CheckpointException>(() => TorchArchive.Open(folder.Write("x.pt", bytes))).Message);
        BitConverter.GetBytes(50_000).CopyTo(bytes, directory + 24);
        Assert.Contains("decompresses to more than its 50000 bytes", Assert.Throws<CheckpointException>(() => TorchArchive.Open(folder.Write("x.pt", bytes))).Message);
        BitConverter.GetBytes(100_001).CopyTo(bytes, directory + 24);
        Assert.Contains("does not decompress", Assert.Throws<CheckpointException>(() => TorchArchive.Open(folder.Write("x.pt", bytes))).Message);
    }

    [Fact]
    public void Read_DeflatedEntryOfNothing_IsRefused()
    {
        var bytes = Samples.Bytes("deflated.pt");
        var header = bytes.AsSpan(0, bytes.AsSpan().LastIndexOf("data/1"u8)).LastIndexOf("PK\x1\x2"u8);
        bytes.AsSpan(header + 20, 4).Clear();
        using var archive = TorchArchive.Open(folder.Write("x.pt", bytes));
        Assert.Contains("tensor 'b' cannot be read: entry 'stored/data/1' does not decompress", Assert.Throws<CheckpointException>(() => archive.ReadBytes("b")).Message);
    }

    [Fact]
    public void Open_ZipWithOverlapsOrTwins_IsRefused()
    {
        var bytes = Samples.Zip([("a/data.pkl", [0x80, 2, 0x7d, 0x2e]), ("a/data/0", new byte[4])]);
        var second = bytes.AsSpan().LastIndexOf("PK\x1\x2"u8);
        var overlapping = bytes.ToArray();
        overlapping.AsSpan(second + 42, 4).Clear();
        Assert.Contains("'a/data/0' overlaps", Assert.Throws<CheckpointException>(() => TorchArchive.Open(folder.Write("x.pt", overlapping))).Message);
        var twins = Samples.Zip([("a/data.pkl", [0x80, 2, 0x7d, 0x2e]), ("a/data.pkl", new byte[4])]);
        Assert.Contains("'a/data.pkl' twice", Assert.Throws<CheckpointException>(() => TorchArchive.Open(folder.Write("x.pt", twins))).Message);
    }

    [Fact]
    public void Open_DamagedArchives_AreReadOrRefused()
    {
        List<byte[]> samples = [.. Directory.GetFiles(Path.GetDirectoryName(Samples.File("x"))!).Where(file => Path.GetExtension(file) is ".pt" or ".pth" or ".ckpt").Select(File.ReadAllBytes), Samples.Zip64(Samples.Bytes("views.pt"))];
        Fuzz(samples, damaged => damaged);
    }

    [Fact]
    public void Open_DamagedPickles_AreReadOrRefused()
    {
        var archives = new[] { "state_dict.pt", "protocol4.pt", "views.pt", "training.pt", "lightning.ckpt", "script.pt", "whole_module.pt" }.Select(name => Samples.Unzip(Samples.Bytes(name))).ToList();
        var current = 0;
        Fuzz([.. archives.Select(archive => archive.First(entry => entry.Name.EndsWith("data.pkl")).Content)], damaged =>
        {
            // The pickle of one archive with the storages of another is one more way to be wrong.
            var archive = archives[current++ % archives.Count];
            return Samples.Zip(archive.Select(entry => entry.Name.EndsWith("data.pkl") ? (entry.Name, damaged) : entry));
        });
    }

    /// <summary>Opcodes that rebuild a tensor of a storage of four numbers.</summary>
    private static string Tensor(string offset, string shape, string strides) =>
        $"ctorch._utils\n_rebuild_tensor_v2\n(({Samples.Text("storage")}ctorch\nFloatStorage\n{Samples.Text("0")}{Samples.Text("cpu")}K\u0004tQ" +
        $"L{offset}L\n{shape}{strides}\u0089ccollections\nOrderedDict\n)RtR";

    private void Fuzz(List<byte[]> samples, Func<byte[], byte[]> wrap)
    {
        int refused = 0, read = 0;
        Fuzzing.Run(samples, damaged =>
        {
            try
            {
                using var archive = TorchArchive.Open(folder.Write("damaged.pt", wrap(damaged)));
                foreach (var (name, entry) in archive.Entries)
                {
                    if (entry.UnsupportedType is null && entry.Bytes < 1 << 20)
                    {
                        archive.ReadBytes(name);
                        archive.Pointer(name);
                        read++;
                    }
                }

                _ = archive.Values.Count;
            }
            catch (CheckpointException e)
            {
                Assert.Contains("damaged.pt", e.Message);
                refused++;
            }
        });
        Assert.True(refused > 0 && read > 0);
    }
}
