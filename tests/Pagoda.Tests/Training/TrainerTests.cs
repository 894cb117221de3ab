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
        var log = File.ReadAllLines(_tiny.File("run/metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(Enumerable.Range(1, 60), log.Select(line => line.GetProperty("step").GetInt32()));
        Assert.Equal(reports[^1].Loss, log[^1].GetProperty("loss").GetDouble());
        Assert.Empty(Directory.GetFiles(_tiny.File("run"), ".*"));
        using var loaded = ClipLoader.Load(_tiny.File("run"), Device.Cpu);
        Assert.Equal(8, loaded.Model.Config.EmbedDim);
    }

    [Theory]
    [InlineData("contrastive")]
    [InlineData("clipag")]
    [InlineData("clip-jem")]
    public void Run_StoppedAndTakenUp_EndsWithTheSameBytes(string method)
    {
        var options = _tiny.Options(method, 11);
        _tiny.Run(options, "whole");
        _tiny.Run(options, "parts", stopAfter: 4);
        _tiny.Run(options, "parts", stopAfter: 5);
        _tiny.Run(options, "parts");
        Assert.Equal(_tiny.Bytes("whole/checkpoint.safetensors"), _tiny.Bytes("parts/checkpoint.safetensors"));
        Assert.Equal(_tiny.Bytes("whole/model.safetensors"), _tiny.Bytes("parts/model.safetensors"));
        Assert.Equal(11, File.ReadAllLines(_tiny.File("parts/metrics.jsonl")).Length);
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
    [InlineData("clip-jem", 100)]
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
    public void Run_LossIsNoNumberEachTime_GivesUpAndKeepsTheCheckpoint()
    {
        var options = _tiny.Options("contrastive", 9);
        _tiny.Run(options, "run", stopAfter: 3);
        Poison(_tiny.File("run/checkpoint.safetensors"), "model.visual.stem.weight");
        var before = _tiny.Bytes("run/checkpoint.safetensors");
        var notes = new List<string>();
        var error = Assert.Throws<TrainingException>(() => _tiny.Run(options, "run", note: notes.Add));
        Assert.Contains("At step 4 the loss is NaN; the run has gone back 3 times and gives up", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, notes.Count);
        Assert.Contains("Going back to the checkpoint of step 3, with another seed and 0.25 of the learning rate (2 of 3 times)", notes[1], StringComparison.Ordinal);
        Assert.Equal(before, _tiny.Bytes("run/checkpoint.safetensors"));
    }

    /// <summary>A weight becomes no number in the middle: the run goes back, goes on at a lower rate, and ends well.</summary>
    [Fact]
    public void Run_DivergesOnce_GoesBackAndOn()
    {
        var options = _tiny.Options("contrastive", 9, "save_every=3");
        using var trainer = TrainingRun.Open(options, _tiny.File("run"));
        var (notes, steps) = (new List<string>(), new List<long>());
        trainer.Run(
            report =>
            {
                steps.Add(report.Step);
                if (report.Step == 5 && notes.Count == 0)
                {
                    using var frozen = GradMode.Disable();
                    trainer.Weights["visual.stem.weight"].Fill_(double.NaN);
                }
            },
            default, note: notes.Add);
        Assert.Equal([1, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9], steps);
        Assert.Contains("At step 6 the loss is NaN. Going back to the checkpoint of step 3", Assert.Single(notes), StringComparison.Ordinal);
        Assert.Equal(9, File.ReadAllLines(_tiny.File("run/metrics.jsonl")).Length);
        using var checkpoint = SafetensorsFile.Open(_tiny.File("run/checkpoint.safetensors"));
        Assert.Equal("1", checkpoint.Metadata["rollbacks"]);
    }

    /// <summary>Paintings that the model likes better than real pictures: the checkpoints written meanwhile are no good ones.</summary>
    [Fact]
    public void Run_AnAlarmOfManySteps_GoesBackBehindThem()
    {
        var options = _tiny.Options("clip-jem", 8, "save_every=1", "keep=10", "guard.saturation=0.000001", "guard.patience=4", "guard.rollbacks=1");
        var notes = new List<string>();
        var error = Assert.Throws<TrainingException>(() => _tiny.Run(options, "run", note: notes.Add));
        Assert.Contains("of the negatives' numbers are black or white, for 4 steps. Going back to the checkpoint of step ", Assert.Single(notes), StringComparison.Ordinal);
        Assert.Contains("gone back 1 times", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    public void Run_Keeps_TheNewestCheckpointsAndTheBestModel(int keep, int older)
    {
        _tiny.Run(_tiny.Options("contrastive", 5, "save_every=1", $"keep={keep}"), "run");
        Directory.CreateDirectory(_tiny.File("run/checkpoints"));
        var files = Directory.GetFiles(_tiny.File("run/checkpoints")).Select(Path.GetFileName).Order();
        Assert.Equal(Enumerable.Range(5 - older, older).Select(step => $"step-{step:00000000}.safetensors"), files);
        using var best = ClipLoader.Load(_tiny.File("run/best"), Device.Cpu);
        using var weights = SafetensorsFile.Open(_tiny.File("run/best/model.safetensors"));
        Assert.InRange(long.Parse(weights.Metadata["step"], System.Globalization.CultureInfo.InvariantCulture), 1, 5);
    }

    /// <summary>Killed after the new checkpoint was written and before it had its place: either way round the run goes on from it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Open_KilledBetweenTheRenames_TakesUpTheNewerCheckpoint(bool oldOneMoved)
    {
        _tiny.Run(_tiny.Options("contrastive", 6, "save_every=3"), "whole");
        _tiny.Run(_tiny.Options("contrastive", 6, "save_every=3"), "run", stopAfter: 3);
        var (newest, next) = (_tiny.File("run/checkpoint.safetensors"), _tiny.File("run/checkpoint.next.safetensors"));
        File.Copy(newest, next);
        if (oldOneMoved)
        {
            File.Delete(newest);
        }

        Assert.Equal([4, 5, 6], _tiny.Run(_tiny.Options("contrastive", 6, "save_every=3"), "run").Select(report => report.Step));
        Assert.Equal(_tiny.Bytes("whole/checkpoint.safetensors"), _tiny.Bytes("run/checkpoint.safetensors"));
        Assert.False(File.Exists(next));
    }

    [Fact]
    public void Run_FolderCannotBeWritten_SaysSoAndGoesOnLater()
    {
        var options = _tiny.Options("contrastive", 6, "save_every=3");
        _tiny.Run(options, "whole");
        var message = Assert.Throws<TrainingException>(() =>
        {
            using var trainer = TrainingRun.Open(options, _tiny.File("run"));
            trainer.Run(
                report =>
                {
                    // A folder in the place of the next checkpoint: no user may write there, root neither.
                    if (report.Step == 4)
                    {
                        Directory.CreateDirectory(_tiny.File("run/checkpoint.next.safetensors/x"));
                    }
                },
                default);
        }).Message;
        Assert.Contains("ends at step 6", message, StringComparison.Ordinal);
        Assert.Contains("the checkpoint of step 3 is whole", message, StringComparison.Ordinal);
        Directory.Delete(_tiny.File("run/checkpoint.next.safetensors"), recursive: true);
        Assert.Equal([4, 5, 6], _tiny.Run(options, "run").Select(report => report.Step));
        Assert.Equal(_tiny.Bytes("whole/checkpoint.safetensors"), _tiny.Bytes("run/checkpoint.safetensors"));
    }

    /// <summary>Text features come from memory while it lasts, and a resumed run, whose memory is empty, has the same bits.</summary>
    [Fact]
    public void Run_CaptionFeaturesInMemory_ChangeNothing()
    {
        _tiny.Run(_tiny.Options("contrastive", 2), "first");
        TrainingOptions Frozen(int cache) => TrainingConfigFile.Read(_tiny.Write(
            $"frozen-{cache}.yaml",
            $"method: clip-jem\nmodel:\n  from: {_tiny.File("first")}\n  freeze_text: true\ndata:\n  folder: {_tiny.File("pictures")}\ndevice: cpu\nmemory:\n  text_cache: {cache}\nenergy:\n  negatives: 2\n  steps: 2\noptimizer:\n  steps: 6\n  batch: 8\n"));
        var cached = _tiny.Run(Frozen(10), "cached");
        var without = _tiny.Run(Frozen(0), "without");
        Assert.Equal(without[^1].Loss, cached[^1].Loss, 4);
        _tiny.Run(Frozen(10), "parts", stopAfter: 2);
        _tiny.Run(Frozen(10), "parts");
        Assert.Equal(_tiny.Bytes("cached/checkpoint.safetensors"), _tiny.Bytes("parts/checkpoint.safetensors"));
    }

    [Fact]
    public void Open_TooLargeForTheMachine_IsRefusedWithTheSettingThatHelps()
    {
        var options = TrainingConfigFile.Read(_tiny.Write(
            "large.yaml", $"method: clip-jem\nmodel:\n  config: ViT-B-32\ndata:\n  folder: {_tiny.File("pictures")}\ndevice: cpu\nmemory:\n  text_cache: 0\noptimizer:\n  batch: 65536\n"));
        var error = Assert.Throws<InvalidDataException>(() => TrainingRun.Open(options, _tiny.File("run")));
        Assert.Matches(@"needs about [\d.]+ GB of memory on cpu, and [\d.]+ GB are free; (with --set memory\.chunk=\d+|even with memory\.chunk=1)", error.Message);
        Assert.False(Directory.Exists(_tiny.File("run/checkpoints")));
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
        _tiny.Write("run/metrics.jsonl", "{\"step\": 1, \"loss\": 5}\n{\"step\": 2, \"lo");
        _tiny.Run(_tiny.Options("contrastive", 1), "run");
        Assert.Empty(Directory.GetFiles(_tiny.File("run"), ".*"));
        Assert.Single(File.ReadAllLines(_tiny.File("run/metrics.jsonl")));
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
        using var trainer = TrainingRun.Open(_tiny.Options("clip-jem", 3), _tiny.File("run"));
        var plan = trainer.Plan;
        var model = TinyTraining.Model();
        Assert.Equal((model.Weights.Parameters.Values.Sum(weight => weight.Elements), 0, "clip-jem"), (plan.Trained, plan.Frozen, plan.Method));
        Assert.Contains("16 pictures", plan.Data, StringComparison.Ordinal);
        Assert.InRange(plan.Memory.Bytes, 250_000_000, 300_000_000);
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
