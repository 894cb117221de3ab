using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Pagoda.Training.Records;

namespace Pagoda.Tests.Training.Records;

[Trait("Host", "small")]
public sealed class RunRecordsTests : IDisposable
{
    private readonly TinyTraining _tiny = new();

    [Fact]
    public void Run_ToItsEnd_RecordsWhatItWasAndWhatCameOfIt()
    {
        _tiny.Write("pictures/red_square/broken.png", "no picture");
        _tiny.Run(_tiny.Options("contrastive", 5, "optimizer.batch=16"), "run");
        var json = JsonNode.Parse(_tiny.Bytes("run/run.json"))!;
        Assert.Equal(1, json["format"]!.GetValue<int>());
        Assert.Equal("16", json["configuration"]!["optimizer"]!["batch"]!.GetValue<string>());
        Assert.Equal("contrastive", json["configuration"]!["method"]!.GetValue<string>().ToLowerInvariant());
        Assert.Equal(Sha256("run/model.safetensors"), json["model"]!["sha256"]!.GetValue<string>());
        Assert.Equal("tokenizer.json", json["tokenizer"]!["path"]!.GetValue<string>());
        Assert.Equal(Sha256("run/tokenizer.json"), json["tokenizer"]!["sha256"]!.GetValue<string>());
        Assert.Equal(17, json["data"]!["files"]!.GetValue<int>());
        Assert.True(json["pictures_left_out"]!.GetValue<int>() >= 1);
        Assert.Empty(json["start"]!.AsArray());
        var part = Assert.Single(json["parts"]!.AsArray())!;
        Assert.Equal((0, 5, 1, "cpu"), (part["from_step"]!.GetValue<int>(), part["to_step"]!.GetValue<int>(), part["ranks"]!.GetValue<int>(), part["device"]!.GetValue<string>()));
        Assert.StartsWith(Pagoda.Torch.LibTorch.Version, part["libtorch"]!.GetValue<string>());
        Assert.NotEmpty(part["libtorch_build"]!.AsArray());
        Assert.True(part["started"]!.GetValue<DateTimeOffset>() <= part["ended"]!.GetValue<DateTimeOffset>());
    }

    [Fact]
    public void Run_TakenUp_HasAPartEachAndEveryStepOnce()
    {
        var options = _tiny.Options("contrastive", 9);
        _tiny.Run(options, "run", stopAfter: 4);
        _tiny.Run(options, "run");
        var record = RunRecord.Read(_tiny.File("run"))!;
        Assert.Equal([(0L, 4L), (4L, 9L)], record.Parts.Select(part => (part.FromStep, part.ToStep)));
        Assert.Equal(Enumerable.Range(1, 9), Steps());
        Assert.Equal(2, Directory.GetFiles(_tiny.File("run/events")).Length);
    }

    [Fact]
    public void Run_KilledAfterItsCheckpoint_DropsWhatCameAfterIt()
    {
        var options = _tiny.Options("contrastive", 9);
        _tiny.Run(options, "run", stopAfter: 3);
        File.AppendAllText(_tiny.File("run/metrics.jsonl"), "{\"step\": 4, \"loss\": 9}\n{\"step\": 5, \"lo");
        _tiny.Run(options, "run");
        Assert.Equal(Enumerable.Range(1, 9), Steps());
    }

    [Fact]
    public void Run_FromAModel_NamesItsFileAndHash()
    {
        _tiny.Run(_tiny.Options("contrastive", 2), "first");
        var hash = Sha256("first/model.safetensors");
        _tiny.Run(From("first"), "second");
        var start = Assert.Single(RunRecord.Read(_tiny.File("second"))!.Start);
        Assert.Equal((_tiny.File("first/model.safetensors"), hash), (start.Path, start.Sha256));
    }

    [Fact]
    public void Listing_OneNameOrSizeOther_IsAnotherHash()
    {
        var first = Listing();
        Assert.Equal(first, Listing());
        File.Move(_tiny.File("pictures/red_square/0.png"), _tiny.File("pictures/red_square/9.png"));
        var second = Listing();
        File.AppendAllText(_tiny.File("pictures/red_square/9.png"), "x");
        Assert.Equal(3, new[] { first, second, Listing() }.Distinct().Count());

        DataFact Listing() => DataFact.Of(new Pagoda.Training.TrainingData(new Pagoda.Training.DataOptions { Folder = _tiny.File("pictures") }, 16, 1));
    }

    [Fact]
    public void Scalars_NoNumber_IsNullInJson()
    {
        using (var file = new MetricsFile(_tiny.Path, 0))
        {
            file.Write(1, [("loss", double.NaN), ("accuracy", 0.5)]);
        }

        Assert.Equal("""{"step":1,"loss":null,"accuracy":0.5}""", Assert.Single(File.ReadAllLines(_tiny.File("metrics.jsonl"))));
    }

    public void Dispose() => _tiny.Dispose();

    private Pagoda.Training.TrainingOptions From(string run) => Pagoda.Training.TrainingConfigFile.Read(_tiny.Write(
        "from.yaml", $"method: clipag\nmodel:\n  from: {_tiny.File(run)}\ndata:\n  folder: {_tiny.File("pictures")}\ndevice: cpu\noptimizer:\n  steps: 2\n  batch: 8\n"));

    private IEnumerable<int> Steps() => File.ReadAllLines(_tiny.File("run/metrics.jsonl")).Select(line => JsonNode.Parse(line)!["step"]!.GetValue<int>());

    private string Sha256(string name) => Convert.ToHexStringLower(SHA256.HashData(_tiny.Bytes(name)));
}
