using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Pagoda.Cli;

namespace Pagoda.Tests.Training;

/// <summary>The program as torchrun starts it: a process a rank, on this machine.</summary>
[Trait("Host", "programs")]
public sealed class RanksTests : IDisposable
{
    private readonly TinyTraining _tiny = new();

    [Theory]
    [InlineData("contrastive")]
    [InlineData("clipag")]
    [InlineData("clip-jem")]
    [InlineData("vqgan")]
    [InlineData("gpt")]
    [InlineData("diffusion")]
    [InlineData("captioner")]
    public async Task Train_TwoRanks_HaveTheLossesOfOneProcess(string method)
    {
        _tiny.WriteVqganAndClip();
        var config = Config(method, 6);
        await Task.WhenAll(Ranks(config, "two").Append(Start(config, "one")).Select(End));
        var (one, two) = (Losses("one"), Losses("two"));
        Assert.Equal(6, one.Length);
        Assert.All(one.Zip(two), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-5 * Math.Abs(pair.First), $"{pair.First} and {pair.Second}"));
    }

    [Fact]
    public async Task Train_ARankIsKilled_TheOtherSaysSo_AndAnyNumberGoesOn()
    {
        var config = Config("clip-jem", 40);
        var ranks = Ranks(config, "run");
        await Line(ranks[0], "step 8/");
        ranks[1].Kill();
        var clock = Stopwatch.StartNew();
        var error = await ranks[0].StandardError.ReadToEndAsync();
        await ranks[0].WaitForExitAsync();
        Assert.Equal(1, ranks[0].ExitCode);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(2));
        Assert.Contains($"Rank 1 ({Environment.MachineName}, process {ranks[1].Id})", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);

        // Both go on; then one alone does.
        ranks = Ranks(config, "run");
        Assert.Contains("going on from step", await Line(ranks[0], "folder"), StringComparison.Ordinal);
        await Line(ranks[0], "step 15/");
        ranks[0].Kill();
        await ranks[1].WaitForExitAsync();
        Assert.Contains($"process {ranks[0].Id})", await ranks[1].StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        await End(Start(config, "run"));
        Assert.Equal(40, Losses("run").Length);
    }

    [Fact]
    public async Task Train_OtherOptionsOnARank_AreRefused()
    {
        var config = Config("contrastive", 4);
        var port = FreePort();
        var ranks = new[] { Start(config, "run", (0, 2, port)), Start(config, "run", (1, 2, port), "--set", "optimizer.learning_rate=0.5") };
        foreach (var rank in ranks)
        {
            await rank.WaitForExitAsync();
            Assert.Equal(1, rank.ExitCode);
            Assert.Contains("Rank 1 has other options than rank 0: optimizer.learning_rate 0.5 instead of 0.001", await rank.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        }
    }

    public void Dispose() => _tiny.Dispose();

    /// <summary>
    /// Random starts, noise and a replay buffer are in it: ranks must draw as one process does. A discriminator normalises by each rank's
    /// own pictures, as elsewhere, and stays out.
    /// </summary>
    private string Config(string method, int steps)
    {
        var config = _tiny.Yaml(method, steps, data: "synthetic: 200");
        File.WriteAllText(config, File.ReadAllText(config).Replace("discriminator_start: 2", "discriminator_start: -1", StringComparison.Ordinal));
        return config;
    }

    private double[] Losses(string folder) =>
    [
        .. File.ReadAllLines(_tiny.File($"{folder}/metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("loss").GetDouble()),
    ];

    private Process[] Ranks(string config, string folder)
    {
        var port = FreePort();
        return [Start(config, folder, (0, 2, port)), Start(config, folder, (1, 2, port))];
    }

    private static async Task End(Process process)
    {
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await error);
    }

    private static async Task<string> Line(Process process, string start)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(start, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"ended early: {await process.StandardError.ReadToEndAsync()}");
    }

    private Process Start(string config, string folder, (int Rank, int Size, int Port)? place = null, params string[] more)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var argument in (string[])[typeof(CommandLine).Assembly.Location, "train", config, "--out", _tiny.File(folder), .. more])
        {
            start.ArgumentList.Add(argument);
        }

        // Alone it has one thread, as each of two ranks that share two processors: networks this small are slower with more.
        start.Environment["OMP_NUM_THREADS"] = "1";
        if (place is { } rank)
        {
            start.Environment.Remove("OMP_NUM_THREADS");
            (string, string)[] variables =
            [
                ("RANK", Text(rank.Rank)), ("LOCAL_RANK", Text(rank.Rank)), ("WORLD_SIZE", Text(rank.Size)), ("LOCAL_WORLD_SIZE", Text(rank.Size)),
                ("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", Text(rank.Port)),
            ];
            foreach (var (name, value) in variables)
            {
                start.Environment[name] = value;
            }
        }

        return Process.Start(start)!;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
