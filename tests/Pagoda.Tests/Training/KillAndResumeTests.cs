using System.Diagnostics;
using Pagoda.Cli;

namespace Pagoda.Tests.Training;

/// <summary>The program itself, killed where it stands.</summary>
[Trait("Host", "programs")]
public sealed class KillAndResumeTests : IDisposable
{
    private const int Steps = 80;
    private readonly TinyTraining _tiny = new();

    [Theory]
    [InlineData("contrastive")]
    [InlineData("clipag")]
    [InlineData("clip-jem")]
    public async Task Train_KilledAndStartedAgain_EndsWithTheSameBytes(string method)
    {
        var config = _tiny.Yaml(method, Steps);
        await RunToTheEnd(config, "whole");
        // Early enough that it is still at work when the line has been read.
        var killedAfter = Random.Shared.Next(4, Steps / 3);
        using (var process = Start(config, "killed"))
        {
            var begun = "";
            while (!begun.StartsWith($"step {killedAfter}/", StringComparison.Ordinal))
            {
                begun = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"ended early: {await process.StandardError.ReadToEndAsync()}");
            }

            process.Kill();
            await process.WaitForExitAsync();
            Assert.Equal(137, process.ExitCode);
        }

        Assert.Contains("going on from step", await RunToTheEnd(config, "killed"), StringComparison.Ordinal);
        foreach (var file in new[] { "checkpoint.safetensors", "model.safetensors", "tokenizer.json", "config.json" })
        {
            Assert.True(_tiny.Bytes($"whole/{file}").AsSpan().SequenceEqual(_tiny.Bytes($"killed/{file}")), $"{file} differs; killed after step {killedAfter}");
        }
    }

    /// <summary>Ten times, at any moment, the writing of checkpoints included: after every step there is one.</summary>
    [Fact]
    public async Task Train_KilledTenTimesAtRandomMoments_EndsWithTheSameBytes()
    {
        var config = _tiny.Yaml("clip-jem", 60);
        File.WriteAllText(config, File.ReadAllText(config).Replace("save_every: 3", "save_every: 1", StringComparison.Ordinal));
        await RunToTheEnd(config, "whole");
        var kills = new List<string>();
        while (kills.Count < 10)
        {
            using var process = Start(config, "killed");
            var steps = Random.Shared.Next(1, 4);
            var last = "";
            for (var seen = 0; seen < steps; seen += last.StartsWith("step ", StringComparison.Ordinal) ? 1 : 0)
            {
                last = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"ended early: {await process.StandardError.ReadToEndAsync()}");
            }

            await Task.Delay(Random.Shared.Next(0, 12));
            process.Kill();
            await process.WaitForExitAsync();
            kills.Add(last[..last.IndexOf(' ', 5)]);
        }

        await RunToTheEnd(config, "killed");
        foreach (var file in new[] { "checkpoint.safetensors", "model.safetensors", "best/model.safetensors" })
        {
            Assert.True(_tiny.Bytes($"whole/{file}").AsSpan().SequenceEqual(_tiny.Bytes($"killed/{file}")), $"{file} differs; killed after {string.Join(", ", kills)}");
        }

        Assert.Equal(60, File.ReadAllLines(_tiny.File("killed/metrics.jsonl")).Length);
    }

    public void Dispose() => _tiny.Dispose();

    private async Task<string> RunToTheEnd(string config, string folder)
    {
        using var process = Start(config, folder);
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await error);
        return output;
    }

    private Process Start(string config, string folder)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        // Networks this small are slower with two threads, which wait for each other.
        start.Environment["OMP_NUM_THREADS"] = "1";
        foreach (var argument in new[] { typeof(CommandLine).Assembly.Location, "train", config, "--out", _tiny.File(folder) })
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
