using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Pagoda.Studio;

namespace Pagoda.Tests.Studio;

/// <summary>A server on a free port with a folder of its own, for the tests of a class.</summary>
public sealed class StudioFixture : IAsyncLifetime
{
    /// <summary>Settings that paint in a moment: a few steps, one view, no search for a start.</summary>
    public static JsonObject Quick(string prompt = "a red apple", int steps = 2) =>
        new() { ["prompt"] = prompt, ["seed"] = 1, ["method"] = "pixels", ["start"] = "grey", ["steps"] = steps, ["views"] = 1 };

    public RunningStudio Studio { get; private set; } = null!;

    public HttpClient Http => Studio.Http;

    public async Task InitializeAsync() => Studio = await RunningStudio.StartAsync();

    public Task DisposeAsync() => Studio.DisposeAsync().AsTask();
}

/// <summary>A server in this process.</summary>
public sealed class RunningStudio : IAsyncDisposable
{
    private readonly StudioServer _server;
    private readonly bool _ownsFolder;

    private RunningStudio(StudioServer server, StudioOptions options, StringWriter logs, bool ownsFolder)
    {
        (_server, Options, Logs, _ownsFolder) = (server, options, logs, ownsFolder);
        Http = new HttpClient { BaseAddress = new Uri(server.Address), Timeout = StudioScript.Patience };
    }

    public StudioOptions Options { get; }

    public StringWriter Logs { get; }

    public HttpClient Http { get; }

    public string Address => _server.Address;

    /// <summary>Starts one.</summary>
    /// <param name="change">Changes the options.</param>
    /// <param name="folder">A folder that stays; one that goes with the server where null.</param>
    public static async Task<RunningStudio> StartAsync(Func<StudioOptions, StudioOptions>? change = null, string? folder = null)
    {
        var logs = new StringWriter();
        var options = new StudioOptions { Port = 0, Folder = folder ?? Directory.CreateTempSubdirectory("pagoda-studio-").FullName, Logs = TextWriter.Synchronized(logs) };
        options = change?.Invoke(options) ?? options;
        return new RunningStudio(await StudioServer.StartAsync(options), options, logs, folder is null);
    }

    /// <summary>Sends JSON.</summary>
    public async Task<(int Status, JsonNode? Body)> SendAsync(HttpMethod verb, string path, JsonNode? body = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(verb, path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        change?.Invoke(request);
        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    /// <summary>Takes on a job.</summary>
    /// <returns>Its name.</returns>
    public async Task<string> CreateAsync(JsonNode settings, string? client = null)
    {
        var (status, body) = await SendAsync(HttpMethod.Post, "/api/jobs", settings, request => request.Headers.Add("X-Pagoda-Client", client ?? "test"));
        Assert.True(status == 202, $"{status}: {body}");
        return (string)body!["id"]!;
    }

    /// <summary>Waits until a job has come to a state, or to its end.</summary>
    public async Task<JsonNode> WaitAsync(string job, string state = "done")
    {
        var deadline = DateTime.UtcNow + StudioScript.Patience;
        while (true)
        {
            var now = (await Http.GetFromJsonAsync<JsonNode>($"/api/jobs/{job}"))!;
            var is_ = (string)now["state"]!;
            if (is_ == state)
            {
                return now;
            }

            Assert.False(is_ is "failed" or "done" or "cancelled", $"the job is {is_} instead of {state}: {now["error"]}");
            Assert.True(DateTime.UtcNow < deadline, $"the job is still {is_} and not {state}");
            await Task.Delay(20);
        }
    }

    /// <summary>The events of a stream, name and data, as they come.</summary>
    public static async IAsyncEnumerable<(string Name, JsonNode Data)> EventsOf(HttpResponseMessage response)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        string? name = null;
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                name = line["event: ".Length..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                yield return (name!, JsonNode.Parse(line["data: ".Length..])!);
            }
        }
    }

    /// <summary>Begins to read events.</summary>
    public async Task<HttpResponseMessage> OpenAsync(HttpMethod verb, string path, JsonNode? body = null, CancellationToken cancel = default)
    {
        var request = new HttpRequestMessage(verb, path);
        request.Headers.Add("Accept", "text/event-stream");
        request.Content = body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _server.DisposeAsync();
        if (_ownsFolder)
        {
            Directory.Delete(Options.Folder, recursive: true);
        }
    }
}
