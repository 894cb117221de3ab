using System.Text;
using Pagoda.Data;
using Pagoda.Formats.Images;
using Pagoda.Tests.Data;
using Pagoda.Training;

namespace Pagoda.Tests.Training;

public sealed class TrainingDataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("synthetic")]
    [InlineData("shards")]
    [InlineData("table")]
    [InlineData("coco")]
    [InlineData("mixture")]
    public void Batches_AnySource_AreSharedByProcessesAndExactlyRestored(string source)
    {
        var options = Options(source);
        var data = Enumerable.Range(0, 2).Select(part => new TrainingData(options, 8, 3, share: new Share(part, 2))).ToArray();
        var streams = data.Select(one => one.Batches()).ToArray();
        var first = streams.Select(stream => stream.Next(3)).ToArray();
        Assert.NotEqual(first[0].Images, first[1].Images);
        string[] positions = [.. streams.Select(stream => stream.Save())];
        for (var part = 0; part < 2; part++)
        {
            using var again = data[part].Batches();
            again.Restore(positions);
            BatchSourceTests.AssertSame(streams[part].Next(5), again.Next(5));
            streams[part].Dispose();
        }

        // One process alone goes on with what the two had not given.
        using var alone = new TrainingData(options, 8, 3).Batches();
        alone.Restore(positions);
        if (source != "mixture")
        {
            Assert.Empty(alone.Next(4).Captions.Intersect(first.SelectMany(batch => batch.Captions)));
        }

        Assert.Equal(8, alone.Next(8).Count);
        Assert.NotEmpty(data[0].Description);
    }

    [Theory]
    [InlineData("synthetic")]
    [InlineData("shards")]
    [InlineData("table")]
    [InlineData("coco")]
    [InlineData("mixture")]
    public void Captions_AnySource_AreThoseOfOneEpochAndTheSameForEveryProcess(string source)
    {
        var options = Options(source);
        string[] captions = [.. new TrainingData(options, 8, 3).Captions(1000)];
        Assert.Equal(captions, new TrainingData(options, 8, 3, share: new Share(1, 2)).Captions(1000));
        Assert.Equal(source == "mixture" ? 20 : 10, captions.Length);
        Assert.Equal(captions.Take(4), new TrainingData(options, 8, 3).Captions(4));
    }

    [Fact]
    public void New_FewerShardsThanProcesses_IsToldOnce()
    {
        var log = new List<string>();
        var options = Options("shards");
        for (var part = 0; part < 3; part++)
        {
            _ = new TrainingData(options, 8, 3, log.Add, new Share(part, 3));
        }

        Assert.Contains("fewer shards than the 3 processes", Assert.Single(log));
    }

    [Fact]
    public void New_NoSourceOrTwo_SaysSo()
    {
        Assert.Contains("no data is named", Assert.Throws<InvalidDataException>(() => new TrainingData(new DataOptions(), 8, 1)).Message);
        Assert.Contains("both named", Assert.Throws<InvalidDataException>(() => new TrainingData(new DataOptions { Folder = "a", Coco = "b" }, 8, 1)).Message);
    }

    public void Dispose() => _folder.Dispose();

    private DataOptions Options(string source)
    {
        for (var i = 0; i < 10; i++)
        {
            _folder.Write($"pictures/{i}.png", Png(i));
        }

        var table = _folder.Write("table.csv", "file,caption\n" + string.Concat(Enumerable.Range(0, 10).Select(i => $"{i}.png,row {i}\n")));
        var coco = _folder.Write("coco.json", $"{{\"images\": [{Each(i => $"{{\"id\": {i}, \"file_name\": \"{i}.png\"}}")}], \"annotations\": [{Each(i => $"{{\"image_id\": {i}, \"caption\": \"said {i}\"}}")}]}}");
        var shards = Enumerable.Range(0, 2).Select(s => _folder.Tar($"{s}.tar", Enumerable.Range(0, 5).SelectMany(i => new[]
        {
            ($"{s}{i}.png", Png((5 * s) + i)), ($"{s}{i}.txt", Encoding.UTF8.GetBytes($"sample {s}{i}")),
        }))).ToArray();
        return source switch
        {
            "synthetic" => new DataOptions { Synthetic = 10 },
            "shards" => new DataOptions { Shards = _folder.File("{0..1}.tar"), ShuffleBuffer = 4 },
            "table" => new DataOptions { Table = table, Images = _folder.File("pictures") },
            "coco" => new DataOptions { Coco = coco, Images = _folder.File("pictures") },
            _ => new DataOptions { Mixture = new MixtureWeights { [_folder.File("{0..1}.tar")] = 2, [$"{table}@{_folder.File("pictures")}"] = 1, [coco] = 0 } },
        };
    }

    private static string Each(Func<int, string> text) => string.Join(", ", Enumerable.Range(0, 10).Select(text));

    private static byte[] Png(int value) => PictureFile.EncodePng(new Picture(12, 9, 3, [.. Enumerable.Repeat((byte)(value * 20), 12 * 9 * 3)]));
}
