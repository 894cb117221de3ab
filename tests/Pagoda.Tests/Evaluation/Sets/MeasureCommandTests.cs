using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Pagoda.Cli;
using Pagoda.Evaluation.Features;
using Pagoda.Evaluation.Reports;
using Pagoda.Models.Clip;
using Pagoda.Tests.Data;
using Pagoda.Tests.Generation;
using Pagoda.Torch;

namespace Pagoda.Tests.Evaluation.Sets;

/// <summary><c>eval measure</c>, <c>eval fid</c> and <c>eval stats</c> on a tiny random network.</summary>
public sealed class MeasureCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public MeasureCommandTests()
    {
        ClipSaver.Save(Model, TinyClip.Model(), TinyClip.Tokenizer);
        ClipSaver.Save(Judge, TinyClip.Model(5), TinyClip.Tokenizer);
        for (var i = 0; i < 24; i++)
        {
            _folder.Write($"painted/{i:00}.png", PictureSourceTests.Png(i, 16, 20));
            _folder.Write($"painted/{i:00}.txt", $"a cat {i / 2}");
            _folder.Write($"real/{i:00}.png", PictureSourceTests.Png(100 + i, 20 + (i % 3), 16));
        }
    }

    private string Model => _folder.File("tiny");

    private string Judge => _folder.File("judge");

    private string Features => $"clip:{Judge}";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Measure_SeveralAtOnce_ReportsEachWithItsProtocol()
    {
        var place = _folder.File("report");
        string[] arguments =
        [
            "eval", "measure", _folder.File("painted"), "--reference", _folder.File("real"), "--measures", "fid,fid-2,kid,precision,recall,clipsim,retrieval", "--features", Features, "--clip", $"{Judge},{Model}",
            "--device", "cpu", "--batch", "5", "--name", "mine", "--no-cache", "--out", place,
        ];
        var (code, output, error) = await Run(arguments);
        Assert.True(code == 0, error);
        Assert.Contains("pictures: 24 pictures", error, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(place, "report.json")));
        var rows = report.RootElement.GetProperty("measurements").EnumerateArray().ToList();
        Assert.Equal(["fid", "fid-2", "kid", "precision", "recall", "clipsim", "clipsim", "retrieval", "retrieval"], rows.Select(row => row.GetProperty("protocol").GetProperty("measure").GetString()));
        Assert.All(rows, row =>
        {
            var (score, protocol) = (row.GetProperty("score"), row.GetProperty("protocol"));
            Assert.Equal(("mine", "complete", 24), (row.GetProperty("subject").GetString(), row.GetProperty("status").GetString(), protocol.GetProperty("samples").GetInt32()));
            Assert.InRange(score.GetProperty("value").GetDouble(), score.GetProperty("low").GetDouble(), score.GetProperty("high").GetDouble());
            Assert.Equal(64, protocol.GetProperty("weights").GetString()!.Length);
        });
        Assert.Contains("only 24 samples", output, StringComparison.Ordinal);
        Assert.Equal(2, rows[1].GetProperty("protocol").GetProperty("blur").GetDouble());
        Assert.Equal(9, rows.Select(row => row.GetProperty("protocol").GetProperty("fingerprint").GetString()).Distinct().Count());
        Assert.Contains("exists; name another --out", (await Run(arguments)).Error, StringComparison.Ordinal);

        // Two workers find the same.
        var two = await Run([.. arguments.Select(argument => argument == "cpu" ? "cpu,cpu" : argument == place ? place + "2" : argument)]);
        Assert.True(two.Code == 0, two.Error);
        Assert.Equal(Found(place), Found(place + "2"));

        // All but the time of day.
        static string Found(string folder)
        {
            var report = ReportFiles.Read(folder);
            return (report with { Measurements = [.. report.Measurements.Select(one => one with { At = null })] }).ToJson();
        }
    }

    [Fact]
    public async Task Stats_AreReadByFid_OnEitherSide()
    {
        var stats = _folder.File("real.npz");
        var (code, output, error) = await Run("eval", "stats", _folder.File("real"), stats, "--features", Features, "--device", "cpu", "--no-cache");
        Assert.True(code == 0, error);
        Assert.Contains("16 features of 24 pictures", output, StringComparison.Ordinal);
        var direct = await Fid(_folder.File("painted"), _folder.File("real"));
        Assert.Equal(direct, await Fid(_folder.File("painted"), stats), 9);
        Assert.Equal(direct, await Fid(stats, _folder.File("painted")), 9);
        await Run("eval", "stats", _folder.File("painted"), _folder.File("painted.npz"), "--features", Features, "--device", "cpu", "--no-cache");
        Assert.Equal(direct, await Fid(_folder.File("painted.npz"), stats), 9);
        Assert.Contains("exists; name another", (await Run("eval", "stats", _folder.File("real"), stats, "--features", Features)).Error, StringComparison.Ordinal);

        // Of another network, or blurred: not comparable.
        Assert.Contains("has statistics of judge", (await Run("eval", "fid", _folder.File("painted"), stats, "--features", $"clip:{Model}", "--device", "cpu")).Error, StringComparison.Ordinal);
        Assert.Contains("blur 0", (await Run("eval", "fid", _folder.File("painted"), stats, "--features", Features, "--blur", "2", "--device", "cpu")).Error, StringComparison.Ordinal);
        Assert.Contains("--with-features", (await Run("eval", "measure", _folder.File("painted"), "--reference", stats, "--features", Features, "--measures", "kid", "--device", "cpu")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Cache_OfTheSameFilesAndNetwork_IsFound_AndNoOther()
    {
        using var network = FeatureNetworks.Load(Features, "pytorch-fid", Device.Cpu);
        using var other = FeatureNetworks.Load($"clip:{Model}", "pytorch-fid", Device.Cpu);
        var cache = new StatisticsCache(_folder.File("cache"));
        var source = Pagoda.Evaluation.Pictures.PictureSource.Open(_folder.File("real"));
        var path = cache.PathOf(source, network, 0);
        Assert.NotEqual(path, cache.PathOf(source, other, 0));
        Assert.NotEqual(path, cache.PathOf(source, network, 1));
        Assert.Equal(path, cache.PathOf(Pagoda.Evaluation.Pictures.PictureSource.Open(_folder.File("real")), network, 0));
        Assert.Null(StatisticsCache.Find(path, rows: false));
        var options = new Pagoda.Evaluation.Sets.SetOptions { Measures = [], Cache = cache };
        var said = new List<string>();
        using var first = Of(rows: false);
        using var second = Of(rows: false);
        Assert.Equal(first.Moments.Covariance.ToArray<double>(), second.Moments.Covariance.ToArray<double>());
        Assert.Contains("were kept from before", said[1], StringComparison.Ordinal);
        // Features were not kept; then they are.
        using var third = Of(rows: true);
        Assert.DoesNotContain("kept from before", said[2], StringComparison.Ordinal);
        using var fourth = Of(rows: true);
        Assert.Equal(third.Rows!.ToArray<float>(), fourth.Rows!.ToArray<float>());
        File.SetLastWriteTimeUtc(_folder.File("real/03.png"), DateTime.UtcNow.AddDays(-1));
        Assert.NotEqual(path, cache.PathOf(Pagoda.Evaluation.Pictures.PictureSource.Open(_folder.File("real")), network, 0));
        File.WriteAllText(path!, "damaged");
        Assert.Null(StatisticsCache.Find(path, rows: false));

        PictureStatistics Of(bool rows) => new Pagoda.Evaluation.Sets.ReferenceSet(_folder.File("real")).Of([[network]], [new FeatureLane(0, Rows: rows)], options, said.Add, (_, _) => { }, default)[0];
    }

    [Fact]
    public async Task Measure_Generated_WarnsOfAJudgeThatPainted()
    {
        var captions = _folder.Write("captions.txt", "a red apple\na cat\n");
        var (code, output, error) = await Run(
            "eval", "measure", "--generate", "--model", Model, "--method", "pixels", "--steps", "1", "--captions", captions, "--measures", "clipsim,retrieval", "--clip", $"{Model},{Judge}", "--device", "cpu", "--json");
        Assert.True(code == 0, error);
        using var report = JsonDocument.Parse(output);
        var rows = report.RootElement.GetProperty("measurements").EnumerateArray().Select(row => row.TryGetProperty("warning", out var warning) ? warning.GetString() : null).ToList();
        Assert.All([rows[0], rows[2]], warning => Assert.Contains("is one of the networks that made these pictures", warning, StringComparison.Ordinal));
        Assert.All([rows[1], rows[3]], Assert.Null);

        // A picture's own record says it too, and its caption.
        Assert.Equal(0, (await Run("generate", "a cat", "--model", Model, "--method", "pixels", "--steps", "1", "--device", "cpu", "--seed", "3", "--out", _folder.File("own/a.png"))).Code);
        var stored = await Run("eval", "measure", _folder.File("own"), "--clip", Model, "--device", "cpu");
        Assert.True(stored.Code == 0, stored.Error);
        Assert.Contains("is one of the networks that made these pictures", stored.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "nothing to measure", "painted")]
    [InlineData(2, "name the pictures to measure")]
    [InlineData(2, "there is no measure fdi", "painted", "--measures", "fdi")]
    [InlineData(2, "fid compares with real pictures", "painted", "--measures", "fid")]
    [InlineData(2, "clipsim takes a CLIP", "painted", "--measures", "clipsim")]
    [InlineData(2, "caps takes a captioning model", "painted", "--measures", "caps")]
    [InlineData(2, "--splits is 0", "painted", "--measures", "is", "--splits", "0")]
    [InlineData(2, "there is no lanczos", "painted", "--measures", "is", "--resizer", "lanczos")]
    [InlineData(1, "models pull inception-fid", "painted", "--reference", "real")]
    [InlineData(1, "has no caption", "real", "--clip", "judge")]
    [InlineData(1, "names no classes", "painted", "--measures", "is", "--features", "clip:judge")]
    [InlineData(1, "a covariance takes two pictures or more", "one", "--reference", "real", "--features", "clip:judge", "--measures", "fid", "--no-cache")]
    [InlineData(1, "a covariance takes two pictures or more", "real", "--reference", "one", "--features", "clip:judge", "--measures", "fid", "--no-cache")]
    [InlineData(1, "There is no picture in", "none", "--clip", "judge")]
    public async Task Measure_WhatCannotBe_IsOneSentence(int expected, string sentence, params string[] arguments)
    {
        Directory.CreateDirectory(_folder.File("none"));
        _folder.Write("one/a.png", PictureSourceTests.Png(1, 8, 8));
        string[] here = [.. arguments.Select(argument => argument is "painted" or "real" or "one" or "none" or "judge" ? _folder.File(argument) : argument.Replace("clip:judge", Features, StringComparison.Ordinal))];
        var (code, _, error) = await Run(["eval", "measure", .. here, "--device", "cpu"]);
        Assert.Equal((expected, true), (code, error.Contains(sentence, StringComparison.Ordinal)));
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stats_TwoRanks_AreThoseOfOneProcess()
    {
        string[] arguments = ["eval", "stats", _folder.File("real"), "FILE", "--features", Features, "--device", "cpu", "--no-cache", "--batch", "3", "--with-features"];
        var (one, two) = (_folder.File("one.npz"), _folder.File("two.npz"));
        Assert.Equal(0, (await Run([.. arguments.Select(argument => argument == "FILE" ? one : argument)])).Code);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var ranks = Enumerable.Range(0, 2).Select(rank => Start(rank, port, [.. arguments.Select(argument => argument == "FILE" ? two : argument)])).ToList();
        foreach (var rank in ranks)
        {
            var errors = rank.StandardError.ReadToEndAsync();
            await rank.StandardOutput.ReadToEndAsync();
            await rank.WaitForExitAsync();
            Assert.True(rank.ExitCode == 0, await errors);
        }

        using var scope = new TensorScope();
        using var alone = PictureStatistics.Read(one);
        using var shared = PictureStatistics.Read(two);
        Assert.Equal((24, alone.Origin), (shared.Moments.Count, shared.Origin));
        Assert.Equal(alone.Rows!.ToArray<float>(), shared.Rows!.ToArray<float>(), (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.True((alone.Moments.Covariance - shared.Moments.Covariance).Abs().Max().ToDouble() < 1e-6);
        Assert.True((alone.Moments.Mean - shared.Moments.Mean).Abs().Max().ToDouble() < 1e-6);
    }

    private async Task<double> Fid(string first, string second)
    {
        var (code, output, error) = await Run("eval", "fid", first, second, "--features", Features, "--device", "cpu", "--no-cache", "--json");
        Assert.True(code == 0, error);
        using var report = JsonDocument.Parse(output);
        return report.RootElement.GetProperty("measurements")[0].GetProperty("score").GetProperty("value").GetDouble();
    }

    private static Process Start(int rank, int port, string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet", [typeof(CommandLine).Assembly.Location, .. arguments])
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
        };
        foreach (var (name, value) in new[] { ("RANK", rank), ("LOCAL_RANK", rank), ("WORLD_SIZE", 2), ("LOCAL_WORLD_SIZE", 2), ("MASTER_PORT", port) })
        {
            start.Environment[name] = value.ToString(CultureInfo.InvariantCulture);
        }

        start.Environment["MASTER_ADDR"] = "127.0.0.1";
        return Process.Start(start)!;
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandLine.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
