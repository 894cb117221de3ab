using System.Text;
using System.Text.Json;
using Pagoda.Data;
using Pagoda.Formats.Checkpoints;
using Pagoda.Formats.Images;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Configs;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;
using Pagoda.Training;

namespace Pagoda.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private readonly TinyTraining _tiny = new();

    [Fact]
    public void Run_Contrastive_LearnsAndLogsEveryStep()
    {
        var reports = _tiny.Run(_tiny.Options("contrastive", 60, "optimizer.learning_rate=0.01", "optimizer.batch=16"), "run");
        Assert.True(reports.TakeLast(10).Average(r => r.Loss) < 0.8 * reports.Take(5).Average(r => r.Loss));
        var log = File.ReadAllLines(_tiny.File("run/log.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(Enumerable.Range(1, 60), log.Select(line => line.GetProperty("step").GetInt32()));
        Assert.Equal(reports[^1].Loss, log[^1].GetProperty("loss").GetDouble());
        Assert.Empty(Directory.GetFiles(_tiny.File("run"), ".*"));
        using var loaded = ClipLoader.Load(_tiny.File("run"), Device.Cpu);
        Assert.Equal(8, loaded.Model.Config.EmbedDim);
    }

    [Theory]
    [InlineData("contrastive")]
    [InlineData("clipag")]
    [InlineData("energy")]
    public void Run_StoppedAndTakenUp_EndsWithTheSameBytes(string method)
    {
        var options = _tiny.Options(method, 11);
        _tiny.Run(options, "whole");
        _tiny.Run(options, "parts", stopAfter: 4);
        _tiny.Run(options, "parts", stopAfter: 5);
        _tiny.Run(options, "parts");
        Assert.Equal(_tiny.Bytes("whole/checkpoint.safetensors"), _tiny.Bytes("parts/checkpoint.safetensors"));
        Assert.Equal(_tiny.Bytes("whole/model.safetensors"), _tiny.Bytes("parts/model.safetensors"));
        Assert.Equal(11, File.ReadAllLines(_tiny.File("parts/log.jsonl")).Length);
    }

    [Fact]
    public void Run_FromShards_StoppedAndTakenUp_EndsWithTheSameBytes()
    {
        var shards = WriteShards();
        var options = TrainingConfigFile.Read(_tiny.Yaml("contrastive", 9, data: $"shards: {shards}\n  shuffle_buffer: 5"));
        _tiny.Run(options, "whole");
        _tiny.Run(options, "parts", stopAfter: 4);
        _tiny.Run(options, "parts");
        Assert.Equal(_tiny.Bytes("whole/checkpoint.safetensors"), _tiny.Bytes("parts/checkpoint.safetensors"));
        // Every line of every caption is learnt from, also of those that no batch has drawn.
        var tokenizer = ClipTokenizer.FromTokenizerJson(_tiny.File("whole/tokenizer.json"));
        Assert.True(tokenizer.Encode("zebra").Length < 5);
    }

    [Theory]
    [InlineData("contrastive", 1000)]
    [InlineData("clipag", 100)]
    [InlineData("energy", 100)]
    public void Run_ManySteps_LeavesNoTensorBehind(string method, int steps)
    {
        Garbage.Collect();
        var threads = LibTorch.Threads;
        LibTorch.Threads = 1;
        try
        {
            using var trainer = TrainingRun.Open(_tiny.Options(method, steps, "log_every=1000", "save_every=500", "optimizer.batch=4"), _tiny.File("run"));
            Garbage.Collect();
            var live = new List<long>();
            trainer.Run(_ => live.Add(LibTorch.LiveTensors), default, reportEvery: 1);
            Assert.Equal(steps, live.Count);
            Assert.Equal(live[2], live[^1]);
        }
        finally
        {
            LibTorch.Threads = threads;
        }
    }

    [Theory]
    [InlineData("contrastive")]
    [InlineData("clipag")]
    public void Run_TextFrozen_ItsBitsStay(string method)
    {
        _tiny.Run(_tiny.Options("contrastive", 2), "first");
        var from = TrainingConfigFile.Read(_tiny.Write("second.yaml", $"method: {method}\nmodel:\n  from: {_tiny.File("first")}\n  freeze_text: true\ndata:\n  folder: {_tiny.File("pictures")}\ndevice: cpu\noptimizer:\n  steps: 5\n  batch: 8\n"));
        _tiny.Run(from, "second");
        using var before = SafetensorsFile.Open(_tiny.File("first/model.safetensors"));
        using var after = SafetensorsFile.Open(_tiny.File("second/model.safetensors"));
        foreach (var name in before.Entries.Keys)
        {
            Assert.True(name.StartsWith("visual.", StringComparison.Ordinal) != before.ReadBytes(name).AsSpan().SequenceEqual(after.ReadBytes(name)), name);
        }
    }

    [Fact]
    public void Open_FromACheckpointFile_TakesTheWeightsInsteadOfTheirAverage()
    {
        _tiny.Run(_tiny.Options("contrastive", 4), "first");
        using var checkpoint = SafetensorsFile.Open(_tiny.File("first/checkpoint.safetensors"));
        var yaml = _tiny.Write("on.yaml", $"model:\n  from: {_tiny.File("first/checkpoint.safetensors")}\ndata:\n  folder: {_tiny.File("pictures")}\ndevice: cpu\n");
        using (var trainer = TrainingRun.Open(TrainingConfigFile.Read(yaml), _tiny.File("second")))
        {
            trainer.Run(_ => { }, new CancellationToken(canceled: true));
        }

        using var second = SafetensorsFile.Open(_tiny.File("second/checkpoint.safetensors"));
        Assert.Equal(checkpoint.ReadBytes("model.visual.stem.weight"), second.ReadBytes("model.visual.stem.weight"));
        Assert.NotEqual(checkpoint.ReadBytes("average.visual.stem.weight"), second.ReadBytes("model.visual.stem.weight"));
    }

    [Fact]
    public void Run_LossIsNoNumber_StopsAndKeepsTheCheckpoint()
    {
        var options = _tiny.Options("contrastive", 9);
        _tiny.Run(options, "run", stopAfter: 3);
        Poison(_tiny.File("run/checkpoint.safetensors"), "model.visual.stem.weight");
        var before = _tiny.Bytes("run/checkpoint.safetensors");
        var error = Assert.Throws<TrainingException>(() => _tiny.Run(options, "run"));
        Assert.Contains("The loss of step 4 is NaN", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, _tiny.Bytes("run/checkpoint.safetensors"));
    }

    [Fact]
    public void Open_BegunWithOtherOptions_IsRefusedUnlessForced()
    {
        _tiny.Run(_tiny.Options("contrastive", 3), "run");
        var other = _tiny.Options("contrastive", 5, "optimizer.batch=4", "save_every=1");
        var error = Assert.Throws<TrainingException>(() => TrainingRun.Open(other, _tiny.File("run")));
        Assert.Contains("optimizer.steps 3 (now 5), optimizer.batch 8 (now 4)", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("save_every", error.Message, StringComparison.Ordinal);
        Assert.Equal([4, 5], _tiny.Run(other, "run", force: true).Select(report => report.Step));
        Assert.Equal(2, _tiny.Run(other with { Seed = 9, Optimizer = other.Optimizer with { Steps = 7 } }, "run", force: true).Count);
    }

    [Fact]
    public void Open_OfAnotherModel_IsRefusedEvenWhenForced()
    {
        _tiny.Run(_tiny.Options("contrastive", 1), "run");
        var config = TinyTraining.Config;
        ClipConfigFile.Write(_tiny.File("config.json"), config with { Vision = config.Vision with { Width = [8, 24] } });
        Assert.Contains("another shape for the weight visual", Assert.Throws<InvalidDataException>(() => _tiny.Run(_tiny.Options("contrastive", 1), "run", force: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FolderInUse_IsRefused()
    {
        var options = _tiny.Options("contrastive", 3);
        using var trainer = TrainingRun.Open(options, _tiny.File("run"));
        Assert.Contains("Another process trains in", Assert.Throws<TrainingException>(() => TrainingRun.Open(options, _tiny.File("run"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_HalfWrittenFilesOfAKilledProcess_AreRemoved()
    {
        _tiny.Write("run/.checkpoint.safetensors.123.tmp", "half");
        _tiny.Write("run/log.jsonl", "{\"step\": 1, \"loss\": 5}\n{\"step\": 2, \"lo");
        _tiny.Run(_tiny.Options("contrastive", 1), "run");
        Assert.Empty(Directory.GetFiles(_tiny.File("run"), ".*"));
        Assert.Single(File.ReadAllLines(_tiny.File("run/log.jsonl")));
    }

    [Theory]
    [InlineData("folder: nowhere", "The folder nowhere does not exist")]
    [InlineData("shards: nowhere/{0..1}.tar", "The shard nowhere/0.tar does not exist")]
    [InlineData("emoji: nowhere", "The folder nowhere has no emoji-*.tar")]
    public void Open_NoData_SaysSo(string data, string expected) =>
        Assert.Contains(expected, Assert.Throws<DataException>(() => TrainingRun.Open(TrainingConfigFile.Read(_tiny.Yaml("contrastive", 3, data: data)), _tiny.File("run"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_NoModel_SaysSo()
    {
        var yaml = _tiny.Write("a.yaml", $"model:\n  from: nowhere\ndata:\n  folder: {_tiny.File("pictures")}\n");
        Assert.Contains("no file, folder or model nowhere", Assert.Throws<FileNotFoundException>(() => TrainingRun.Open(TrainingConfigFile.Read(yaml), _tiny.File("run"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_SaysWhatIsTrainedAndWhatItTakes()
    {
        using var trainer = TrainingRun.Open(_tiny.Options("energy", 3), _tiny.File("run"));
        var plan = trainer.Plan;
        var model = TinyTraining.Model();
        Assert.Equal((model.Weights.Parameters.Values.Sum(weight => weight.Elements), 0, "energy"), (plan.Trained, plan.Frozen, plan.Method));
        Assert.Contains("16 pictures", plan.Data, StringComparison.Ordinal);
        Assert.InRange(plan.Memory, 250_000_000, 300_000_000);
    }

    public void Dispose() => _tiny.Dispose();

    private string WriteShards()
    {
        for (var shard = 0; shard < 2; shard++)
        {
            using var stream = File.Create(_tiny.File($"{shard}.tar"));
            using var tar = new System.Formats.Tar.TarWriter(stream);
            for (var i = 0; i < 6; i++)
            {
                Add(tar, $"{shard}{i}.png", PictureFile.EncodePng(TinyTraining.Square((byte)(40 * i), (byte)(100 * shard), 90, 1 + i)));
                Add(tar, $"{shard}{i}.txt", Encoding.UTF8.GetBytes($"a square of kind {i}\nzebra zebra zebra zebra\n\n"));
            }
        }

        return _tiny.File("{0..1}.tar");

        static void Add(System.Formats.Tar.TarWriter tar, string name, byte[] content) =>
            tar.WriteEntry(new System.Formats.Tar.UstarTarEntry(System.Formats.Tar.TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
    }

    private static void Poison(string path, string name)
    {
        using var scope = new TensorScope();
        List<(string, Tensor)> tensors;
        IReadOnlyDictionary<string, string> facts;
        using (var archive = SafetensorsFile.Open(path))
        {
            var read = TrainingCheckpoint.Reader(archive, "");
            tensors = [.. archive.Entries.Keys.Select(key => (key, key == name ? Ops.FullLike(read(key)!, double.NaN) : read(key)!))];
            facts = archive.Metadata;
        }

        TrainingCheckpoint.Write(path, tensors, facts);
    }
}
