using System.Numerics;
using System.Text;
using System.Text.Json;
using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Tests.Formats.Checkpoints;

public sealed class TorchArchiveTests : IDisposable
{
    private static readonly string[] ModelNames = ["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"];
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("state_dict.pt", "torch.save")]
    [InlineData("protocol4.pt", "torch.save")]
    [InlineData("whole_module.pt", "torch.save")]
    [InlineData("legacy.pth", "torch.save, legacy")]
    public void Open_SavedModel_HasItsStateDict(string name, string format)
    {
        using var archive = TorchArchive.Open(Samples.File(name));
        Assert.Equal(format, archive.Metadata["format"]);
        Assert.Equal(ModelNames, archive.Entries.Keys);
        Assert.Equal(new TensorEntry(ScalarType.Float32, [2, 3]), archive.Entries["0.weight"]);
        Assert.Equal(new TensorEntry(ScalarType.Int64, []), archive.Entries["1.num_batches_tracked"]);
        Assert.Equal([0f, 1, 2, 3, 4, 5], archive.ReadFloats("0.weight"));
        Assert.Equal([10f, 11], archive.ReadFloats("0.bias"));
        Assert.Equal([1f, 1], archive.ReadFloats("1.running_var"));
    }

    [Fact]
    public void Read_EveryType_IsConverted()
    {
        using var archive = TorchArchive.Open(Samples.File("types.pt"));
        var types = new Dictionary<string, ScalarType>
        {
            ["float32"] = ScalarType.Float32, ["float64"] = ScalarType.Float64, ["float16"] = ScalarType.Float16, ["bfloat16"] = ScalarType.BFloat16, ["int64"] = ScalarType.Int64,
            ["int32"] = ScalarType.Int32, ["int16"] = ScalarType.Int16, ["int8"] = ScalarType.Int8, ["uint8"] = ScalarType.UInt8,
        };
        foreach (var (name, type) in types)
        {
            Assert.Equal(new TensorEntry(type, [2, 3]), archive.Entries[name]);
            Assert.Equal([0f, 1, 2, 3, 4, 5], archive.ReadFloats(name));
        }

        Assert.Equal([0f, 1, 1, 1, 1, 1], archive.ReadFloats("bool"));
        Assert.Equal([2.5f], archive.ReadFloats("scalar"));
        Assert.Empty(archive.ReadFloats("empty"));
        Assert.Equal("complex64[2]", archive.Entries["complex64"].ToString());
        Assert.Contains("'complex64' has element type complex64", Assert.Throws<CheckpointException>(() => archive.ReadBytes("complex64")).Message);
    }

    [Theory]
    [InlineData("views.pt")]
    [InlineData("views_legacy.pth")]
    public unsafe void Read_ViewsOfOneStorage_AreMadeContiguous(string name)
    {
        using var archive = TorchArchive.Open(Samples.File(name));
        var numbers = Enumerable.Range(0, 24).Select(i => (float)i).ToArray();
        Check("base", [4, 6], numbers);
        Check("rows", [2, 6], numbers[6..18]);
        Check("transposed", [6, 4], [.. Enumerable.Range(0, 24).Select(i => numbers[(i % 4 * 6) + (i / 4)])]);
        Check("stepped", [2, 3], [1, 3, 5, 13, 15, 17]);
        Check("expanded", [3, 2], [0, 0, 0, 0, 0, 0]);
        Check("permuted", [4, 2, 3], [.. Enumerable.Range(0, 24).Select(i => numbers[(i / 3 % 2 * 12) + (i % 3 * 4) + (i / 6)])]);
        Check("channels_last", [1, 2, 2, 3], numbers[..12]);
        Assert.Equal(0, archive.Pointer("transposed"));
        if (archive.Pointer("rows") is not 0 and var rows)
        {
            Assert.Equal(numbers[6..18], new ReadOnlySpan<float>((void*)rows, 12).ToArray());
        }

        void Check(string tensor, long[] shape, float[] expected)
        {
            Assert.Equal(shape, archive.Entries[tensor].Shape);
            Assert.Equal(expected, archive.ReadFloats(tensor));
        }
    }

    [Fact]
    public unsafe void Pointer_StoredEntry_IsInTheMappedFile()
    {
        using var archive = TorchArchive.Open(Samples.File("state_dict.pt"));
        var pointer = archive.Pointer("0.weight");
        Assert.NotEqual(0, pointer);
        Assert.Equal([0f, 1, 2, 3, 4, 5], new ReadOnlySpan<float>((void*)pointer, 6).ToArray());
    }

    [Fact]
    public void Open_TrainingCheckpoint_IsUnwrappedWithValuesBeside()
    {
        using var archive = TorchArchive.Open(Samples.File("training.pt"));
        Assert.Equal(["weight", "bias"], archive.Entries.Keys);
        Assert.Equal([0f, 1, 2, 3, 4, 5], archive.ReadFloats("weight"));
        Assert.Equal(7L, archive.Values["epoch"]);
        Assert.Equal("run", archive.Values["name"]);
        Assert.Equal(65536.0, archive.Values["scaler.scale"]);
        Assert.Equal(5e-4, archive.Values["optimizer.param_groups.0.lr"]);
        Assert.Equal([0L, 1L], Assert.IsType<object?[]>(archive.Values["optimizer.param_groups.0.params"]));
    }

    [Fact]
    public void Open_Section_TakesItInstead()
    {
        using var archive = TorchArchive.Open(Samples.File("training.pt"), "optimizer");
        Assert.Equal(["state.0.step", "state.0.exp_avg", "state.0.exp_avg_sq", "state.1.step", "state.1.exp_avg", "state.1.exp_avg_sq"], archive.Entries.Keys);
        Assert.Equal([1f], archive.ReadFloats("state.0.step"));
        Assert.Contains("no section 'ema'; its sections are epoch, name, state_dict, optimizer, scaler", Assert.Throws<CheckpointException>(() => TorchArchive.Open(Samples.File("training.pt"), "ema")).Message);
    }

    [Fact]
    public void Read_OptimizerStoragesDamagedOrMissing_WeightsAreUntouched()
    {
        // Storages are numbered in the order of the pickle: 0 and 1 are the weights, the rest the optimiser's.
        var entries = Samples.Unzip(Samples.Bytes("training.pt")).Where(entry => !entry.Name.EndsWith("/data/3")).ToList();
        var path = folder.Write("x.pt", Samples.Zip(entries.Select(entry => entry.Name.EndsWith("/data/2") ? (entry.Name, []) : entry)));
        using (var archive = TorchArchive.Open(path))
        {
            Assert.Equal([0f, 1, 2, 3, 4, 5], archive.ReadFloats("weight"));
            Assert.Equal([10f, 11], archive.ReadFloats("bias"));
        }

        using var optimizer = TorchArchive.Open(path, "optimizer");
        Assert.Contains("tensor 'state.0.step' cannot be read: its storage '2' has 0 bytes instead of 4", Assert.Throws<CheckpointException>(() => optimizer.ReadBytes("state.0.step")).Message);
        Assert.Contains("tensor 'state.0.exp_avg' cannot be read: the archive has no entry 'training/data/3'", Assert.Throws<CheckpointException>(() => optimizer.ReadBytes("state.0.exp_avg")).Message);
        Assert.Equal(6, optimizer.ReadFloats("state.0.exp_avg_sq").Length);
    }

    [Fact]
    public void Open_LightningWithUnknownClasses_HasTensorsAndValues()
    {
        using var archive = TorchArchive.Open(Samples.File("lightning.ckpt"));
        Assert.Equal(["a", "b"], archive.Entries.Keys);
        Assert.Equal([0f, 1, 2], archive.ReadFloats("b"));
        Assert.Equal(3L, archive.Values["epoch"]);
        Assert.Equal(BigInteger.One << 70, archive.Values["global_step"]);
        Assert.Equal(0.125, archive.Values["callbacks.best"]);
        Assert.Equal(1e-3, archive.Values["hyper_parameters.lr"]);
        Assert.Equal([0.9, 0.99], Assert.IsType<object?[]>(archive.Values["hyper_parameters.betas"]));
        Assert.Equal("cpu", archive.Values["hyper_parameters.device"]);
        Assert.Equal([2L, 3L], Assert.IsType<object?[]>(archive.Values["hyper_parameters.size"]));
        Assert.Null(archive.Values["hparams_name"]);
    }

    [Fact]
    public void Open_TorchScript_HasTheStateDictOfTorchWithFactsAsValues()
    {
        using var archive = TorchArchive.Open(Samples.File("script.pt"));
        using var json = JsonDocument.Parse(Samples.Bytes("script.json"));
        var expected = json.RootElement.EnumerateObject().Where(tensor => tensor.Name != "input_resolution").ToList();
        Assert.Equal("TorchScript", archive.Metadata["format"]);
        Assert.Equal(expected.Select(tensor => tensor.Name).Order(), archive.Entries.Keys.Order());
        foreach (var tensor in expected)
        {
            Assert.Equal("torch." + archive.Entries[tensor.Name].Type.ToString().ToLowerInvariant(), tensor.Value[0].GetString());
            Assert.Equal(tensor.Value[1].EnumerateArray().Select(size => size.GetInt64()), archive.Entries[tensor.Name].Shape);
        }

        Assert.Equal([10f, 11, 12, 13, 14, 15], archive.ReadFloats("visual.first.weight"));
        Assert.Equal(224L, archive.Values["input_resolution"]);
        Assert.Equal(49408L, archive.Values["vocab_size"]);
        Assert.Equal(0.25, archive.Values["rate"]);
        Assert.Equal([8L, 16L], Assert.IsType<object?[]>(archive.Values["widths"]));
        Assert.DoesNotContain("training", archive.Values.Keys);
    }

    [Fact]
    public void Read_DeflatedEntries_AreDecompressedAndChecked()
    {
        var bytes = Samples.Bytes("deflated.pt");
        using (var archive = TorchArchive.Open(folder.Write("x.pt", bytes)))
        {
            Assert.Equal([.. Enumerable.Range(0, 2500).Select(i => (float)(i % 7))], archive.ReadFloats("a"));
            Assert.Equal([0f, 1, 2], archive.ReadFloats("b"));
            Assert.Equal(0, archive.Pointer("a"));
        }

        // The directory's record of the entry: its check sum is 16 bytes after the signature.
        var header = bytes.AsSpan(0, bytes.AsSpan().LastIndexOf("data/0"u8)).LastIndexOf("PK\x1\x2"u8);
        bytes[header + 16] ^= 1;
        using var damaged = TorchArchive.Open(folder.Write("y.pt", bytes));
        Assert.Contains("does not match its check sum", Assert.Throws<CheckpointException>(() => damaged.ReadBytes("a")).Message);
    }

    [Fact]
    public void Open_Zip64_IsReadLikeZip()
    {
        using var archive = TorchArchive.Open(folder.Write("x.pt", Samples.Zip64(Samples.Bytes("training.pt"))));
        Assert.Equal(["weight", "bias"], archive.Entries.Keys);
        Assert.Equal([10f, 11], archive.ReadFloats("bias"));
        var damaged = Samples.Zip64(Samples.Bytes("training.pt"));
        damaged[damaged.AsSpan().LastIndexOf("PK\x6\x6"u8)] ^= 1;
        Assert.Contains("zip64 directory record is damaged", Assert.Throws<CheckpointException>(() => TorchArchive.Open(folder.Write("y.pt", damaged))).Message);
    }

    [Fact]
    public void Open_UntypedStorage_HasTheTypeOfTheTensor()
    {
        string Tensor(string name, string type, int bytes, int count) =>
            $"{Samples.Text(name)}ctorch._utils\n_rebuild_tensor_v3\n(({Samples.Text("storage")}ctorch.storage\nUntypedStorage\n{Samples.Text(name)}{Samples.Text("cpu")}K{(char)bytes}tQ" +
            $"K\u0000(K{(char)count}t(K\u0001t\u0089ccollections\nOrderedDict\n)Rctorch\n{type}\ntR";
        var pickle = $"\u0080\u0002}}({Tensor("a", "float32", 8, 2)}{Tensor("b", "float8_e4m3fn", 3, 3)}u.";
        var path = folder.Write("x.pt", Samples.Zip([("x/data.pkl", Encoding.Latin1.GetBytes(pickle)), ("x/data/a", [0, 0, 128, 63, 0, 0, 0, 64]), ("x/data/b", new byte[3])]));
        using (var archive = TorchArchive.Open(path))
        {
            Assert.Equal([1f, 2f], archive.ReadFloats("a"));
            Assert.Equal("float8_e4m3fn[3]", archive.Entries["b"].ToString());
        }

        pickle = $"\u0080\u0002}}({Tensor("a", "float32", 8, 3)}u.";
        path = folder.Write("y.pt", Samples.Checkpoint(pickle));
        Assert.Contains("tensor 'a' (Float32[3]) reaches to element 2", Assert.Throws<CheckpointException>(() => TorchArchive.Open(path)).Message);
    }

    [Fact]
    public void Open_BigEndian_IsRefused()
    {
        var entries = Samples.Unzip(Samples.Bytes("state_dict.pt")).Append(("state_dict/byteorder", "big"u8.ToArray()));
        Assert.Contains("big-endian", Assert.Throws<CheckpointException>(() => TorchArchive.Open(folder.Write("x.pt", Samples.Zip(entries)))).Message);
    }

    [Fact]
    public void Open_TruncatedFiles_AreRefusedOrMissTheirTensors()
    {
        foreach (var name in new[] { "state_dict.pt", "legacy.pth" })
        {
            var whole = Samples.Bytes(name);
            for (var length = 0; length < whole.Length; length += 7)
            {
                var path = folder.Write("x.pt", whole[..length]);
                var message = Assert.Throws<CheckpointException>(() =>
                {
                    using var archive = TorchArchive.Open(path);
                    foreach (var tensor in archive.Entries.Keys)
                    {
                        archive.ReadBytes(tensor);
                    }
                }).Message;
                Assert.StartsWith(path, message);
            }
        }
    }

    [Fact]
    public void Open_ZipOfSomethingElse_IsRefused()
    {
        var path = folder.Write("x.npz", Samples.Zip([("a.npy", new byte[10])]));
        Assert.Contains("no PyTorch checkpoint", Assert.Throws<CheckpointException>(() => TorchArchive.Open(path)).Message);
    }

    [SharedFact("data", "weights", "lpips", "alex_v0.1.pth")]
    public void Read_LegacyLpipsWeights_EqualThoseInSafetensors()
    {
        foreach (var name in new[] { "alex", "squeeze", "vgg" })
        {
            using var legacy = CheckpointFile.Open(SharedFolder.File("data", "weights", "lpips", name + "_v0.1.pth"));
            using var safe = CheckpointFile.Open(SharedFolder.File("data", "weights", "lpips", name + "_v0.1.safetensors"));
            Assert.Equal(safe.Entries.OrderBy(pair => pair.Key), legacy.Entries.OrderBy(pair => pair.Key));
            Assert.All(safe.Entries.Keys, tensor => Assert.Equal(safe.ReadBytes(tensor), legacy.ReadBytes(tensor)));
        }
    }
}
