using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Pagoda.Cli;

namespace Pagoda.Tests.Studio;

/// <summary>A server that ends and begins again, gently or by force.</summary>
[Trait("Host", "programs")]
public sealed class RestartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pagoda-restart-").FullName;

    [Fact]
    public async Task Stop_WhilePainting_TheNextServerKeepsWhatWasDoneAndPaintsTheRest()
    {
        string finished, running, waiting, attached;
        await using (var studio = await RunningStudio.StartAsync(folder: _folder))
        {
            finished = await studio.CreateAsync(StudioFixture.Quick());
            await studio.WaitAsync(finished);
            await studio.SendAsync(HttpMethod.Put, "/api/presets/mine", StudioFixture.Quick());
            running = await studio.CreateAsync(StudioFixture.Quick("interrupted", steps: 100));
            await studio.WaitAsync(running, "running");
            waiting = await studio.CreateAsync(StudioFixture.Quick());
            using var stream = await studio.OpenAsync(HttpMethod.Post, "/api/jobs", StudioFixture.Quick("for a client"));
            await using var events = RunningStudio.EventsOf(stream).GetAsyncEnumerator();
            await events.MoveNextAsync();
            attached = (string)events.Current.Data["jobs"]![0]!["id"]!;
        }

        await using var next = await RunningStudio.StartAsync(folder: _folder);
        Assert.Equal("done", (string)(await next.WaitAsync(finished))["state"]!);
        var again = await next.WaitAsync(running);
        Assert.False((bool)Assert.Single(again["pictures"]!.AsArray())!["interrupted"]!);
        await next.WaitAsync(waiting);
        Assert.Equal("cancelled", (string)(await next.WaitAsync(attached, "cancelled"))["state"]!);
        Assert.Single((await next.Http.GetFromJsonAsync<JsonNode>("/api/presets"))!["presets"]!.AsArray());
    }

    [Fact]
    public async Task Kill_WhilePaintingTheSecondPicture_LosesNothingThatWasFinishedAndPaintsTheRest()
    {
        using var first = await ServeAsync();
        using var http = new HttpClient { BaseAddress = first.Address };
        var settings = StudioFixture.Quick(steps: 150);
        settings["count"] = 2;
        using var created = await http.PostAsJsonAsync("/api/jobs", settings);
        var id = (string)(await created.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
        await Until(async () => (await JobOf(http, id))["pictures"]!.AsArray().Count == 1 && (await JobOf(http, id))["progress"] is not null);
        var before = (await JobOf(http, id))["pictures"]![0]!;
        first.Process.Kill();
        await first.Process.WaitForExitAsync();

        using var second = await ServeAsync();
        using var next = new HttpClient { BaseAddress = second.Address };
        await Until(async () => (string)(await JobOf(next, id))["state"]! == "done");
        var pictures = (await JobOf(next, id))["pictures"]!.AsArray();
        Assert.Equal((string)before["id"]!, (string)pictures[0]!["id"]!);
        Assert.Equal([1L, 2L], pictures.Select(picture => (long)picture!["seed"]!));
        Assert.NotEmpty(await next.GetByteArrayAsync((string)before["urls"]!["png"]!));
        Assert.Empty(Directory.EnumerateFiles(_folder, "*.tmp", SearchOption.AllDirectories));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<JsonNode> JobOf(HttpClient http, string id) => (await http.GetFromJsonAsync<JsonNode>($"/api/jobs/{id}"))!;

    private static async Task Until(Func<Task<bool>> holds)
    {
        var deadline = DateTime.UtcNow + StudioScript.Patience;
        while (!await holds())
        {
            Assert.True(DateTime.UtcNow < deadline, "it did not come to that");
            await Task.Delay(20);
        }
    }

    private async Task<Served> ServeAsync()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { typeof(ExitCodes).Assembly.Location, "serve", "--port", "0", "--folder", _folder })
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var line = await process.StandardOutput.ReadLineAsync();
        Assert.StartsWith("Pagoda Studio at http://", line);
        return new Served(process, new Uri(line!.Split(' ')[3]));
    }

    private sealed record Served(Process Process, Uri Address) : IDisposable
    {
        public void Dispose()
        {
            if (!Process.HasExited)
            {
                Process.Kill();
                Process.WaitForExit();
            }

            Process.Dispose();
        }
    }
}
