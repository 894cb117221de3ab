using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Provenance;

namespace Pagoda.Tests.Studio;

[Trait("Host", "programs")]
public sealed class JobsApiTests(StudioFixture fixture) : IClassFixture<StudioFixture>
{
    private readonly RunningStudio _studio = fixture.Studio;

    [Fact]
    public async Task Job_Painted_IsThePictureThatThePainterPaints()
    {
        var job = await _studio.WaitAsync(await _studio.CreateAsync(StudioFixture.Quick()));
        var picture = job["pictures"]![0]!;
        var png = await _studio.Http.GetByteArrayAsync((string)picture["urls"]!["png"]!);
        using var painter = Painter.Load("emoji");
        var expected = painter.Paint("a red apple", new PaintOptions { Seed = 1, Method = PaintMethod.Pixels, Start = Pagoda.Generation.Recipes.StartKind.Grey, Steps = 2, Views = 1 });
        Assert.Equal(expected.Picture.Pixels, PictureFile.Decode(png).ToRgb().Pixels);
        Assert.Equal(expected.Energy, (double)picture["energy"]!, 1e-9);
        var record = PaintingRecord.FromPng(png, "png");
        Assert.Equal(("a red apple", 1UL, "emoji"), (record.Prompt, record.Seed, record.ModelSource));
        Assert.DoesNotContain(_studio.Options.Folder, record.ToJson());
    }

    [Fact]
    public async Task Stream_OfAJob_TellsItsWholeStory()
    {
        using var response = await _studio.OpenAsync(HttpMethod.Post, "/api/jobs", StudioFixture.Quick(steps: 400));
        List<(string Name, JsonNode Data)> events = [];
        await foreach (var one in RunningStudio.EventsOf(response))
        {
            events.Add(one);
        }

        Assert.Equal("snapshot", events[0].Name);
        Assert.True(events.Where(one => one.Name == "preview").Select(one => (string)one.Data["picture"]!).Distinct().Count() >= 3, "fewer than three different previews came");
        Assert.Single(events, one => one.Name == "picture");
        Assert.Equal(("job", "done"), (events[^1].Name, (string)events[^1].Data["state"]!));
        var steps = events.Where(one => one.Name == "preview").Select(one => (int)one.Data["step"]!).ToList();
        Assert.Equal(steps.Order(), steps);
    }

    [Fact]
    public async Task Cancel_WhilePainting_KeepsThePictureSoFar()
    {
        var id = await _studio.CreateAsync(StudioFixture.Quick(steps: 2000));
        await _studio.WaitAsync(id, "running");
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while ((await _studio.Http.GetFromJsonAsync<JsonNode>($"/api/jobs/{id}"))!["progress"] is null && DateTime.UtcNow < deadline)
        {
            await Task.Delay(20);
        }

        var (status, ended) = await _studio.SendAsync(HttpMethod.Delete, $"/api/jobs/{id}");
        Assert.Equal((200, "cancelled"), (status, (string)ended!["state"]!));
        var picture = Assert.Single(ended["pictures"]!.AsArray())!;
        Assert.True((bool)picture["interrupted"]!);
        Assert.InRange((int)picture["steps"]!, 1, 1999);
        var record = PaintingRecord.FromPng(await _studio.Http.GetByteArrayAsync((string)picture["urls"]!["png"]!), "png");
        Assert.Equal((int)picture["steps"]!, record.StoppedAfter);
    }

    [Fact]
    public async Task Cancel_InTheQueue_EndsAtOnceAndOthersMoveUp()
    {
        var running = await _studio.CreateAsync(StudioFixture.Quick(steps: 2000), "first");
        await _studio.WaitAsync(running, "running");
        var second = await _studio.CreateAsync(StudioFixture.Quick(), "second");
        var third = await _studio.CreateAsync(StudioFixture.Quick(), "second");
        Assert.Equal(2, (int)(await _studio.Http.GetFromJsonAsync<JsonNode>($"/api/jobs/{third}"))!["position"]!);
        var (_, cancelled) = await _studio.SendAsync(HttpMethod.Delete, $"/api/jobs/{second}");
        Assert.Equal("cancelled", (string)cancelled!["state"]!);
        Assert.Equal(1, (int)(await _studio.Http.GetFromJsonAsync<JsonNode>($"/api/jobs/{third}"))!["position"]!);
        await _studio.SendAsync(HttpMethod.Delete, $"/api/jobs/{running}");
        await _studio.WaitAsync(third);
    }

    [Fact]
    public async Task Stream_LeftByItsOnlyClient_FreesTheWork()
    {
        var response = await _studio.OpenAsync(HttpMethod.Post, "/api/jobs", StudioFixture.Quick("left alone", steps: 2000));
        await using var events = RunningStudio.EventsOf(response).GetAsyncEnumerator();
        await events.MoveNextAsync();
        var id = (string)events.Current.Data["jobs"]![0]!["id"]!;
        response.Dispose();
        Assert.Equal("cancelled", (string)(await _studio.WaitAsync(id, "cancelled"))["state"]!);
    }

    [Fact]
    public async Task Stream_LeftWhileAnotherWatches_GoesOn()
    {
        var response = await _studio.OpenAsync(HttpMethod.Post, "/api/jobs", StudioFixture.Quick("watched by two", steps: 150));
        await using var first = RunningStudio.EventsOf(response).GetAsyncEnumerator();
        await first.MoveNextAsync();
        var id = (string)first.Current.Data["jobs"]![0]!["id"]!;
        await using var other = RunningStudio.EventsOf(await _studio.OpenAsync(HttpMethod.Get, $"/api/jobs/{id}/events")).GetAsyncEnumerator();
        await other.MoveNextAsync();
        response.Dispose();
        await _studio.WaitAsync(id);
    }

    [Fact]
    public async Task Grid_OfTwoSettings_PaintsEveryCellWithOneSeed()
    {
        var settings = StudioFixture.Quick();
        settings.Remove("seed");
        var (status, grid) = await _studio.SendAsync(HttpMethod.Post, "/api/grids", new JsonObject
        {
            ["settings"] = settings,
            ["x"] = new JsonObject { ["setting"] = "steps", ["values"] = new JsonArray(1, 2) },
            ["y"] = new JsonObject { ["setting"] = "prompt", ["values"] = new JsonArray("a red apple", "a blue car") },
        });
        Assert.Equal(202, status);
        var jobs = grid!["jobs"]!.AsArray();
        Assert.Equal(["0,0", "1,0", "0,1", "1,1"], jobs.Select(job => $"{job!["cell"]!["x"]},{job["cell"]!["y"]}"));
        Assert.Single(jobs.Select(job => (long)job!["settings"]!["seed"]!).Distinct());
        foreach (var job in jobs)
        {
            await _studio.WaitAsync((string)job!["id"]!);
        }

        var done = (await _studio.Http.GetFromJsonAsync<JsonNode>($"/api/grids/{grid["id"]}"))!;
        Assert.All(done["jobs"]!.AsArray(), job => Assert.Single(job!["pictures"]!.AsArray()));
    }

    [Fact]
    public async Task Presets_SavedListedAndDeleted()
    {
        var settings = new JsonObject { ["steps"] = 7, ["method"] = "pixels" };
        Assert.Equal(200, (await _studio.SendAsync(HttpMethod.Put, "/api/presets/quick%20one", settings)).Status);
        var listed = (await _studio.Http.GetFromJsonAsync<JsonNode>("/api/presets"))!["presets"]!.AsArray();
        Assert.Equal(("quick one", 7), ((string)listed.Single()!["name"]!, (int)listed.Single()!["settings"]!["steps"]!));
        Assert.Equal(204, (await _studio.SendAsync(HttpMethod.Delete, "/api/presets/quick%20one")).Status);
        Assert.Empty((await _studio.Http.GetFromJsonAsync<JsonNode>("/api/presets"))!["presets"]!.AsArray());
    }

    [Fact]
    public async Task Settings_ThatDoNotGoTogether_AreRefusedOrFailWithTheReason()
    {
        // The model says so: at once if it is loaded, else when the job begins.
        var settings = StudioFixture.Quick();
        settings["strength"] = 0.5;
        var (status, body) = await _studio.SendAsync(HttpMethod.Post, "/api/jobs", settings);
        if (status == 202)
        {
            body = await _studio.WaitAsync((string)body!["id"]!, "failed");
            Assert.Contains("strength", (string)body["error"]!);
            (status, body) = await _studio.SendAsync(HttpMethod.Post, "/api/jobs", settings);
        }

        Assert.Equal(400, status);
        Assert.Contains("strength", (string)body!["error"]!["message"]!);
    }

    [Fact]
    public async Task OpenApi_EveryOperationIsMappedAndEveryReferenceLeadsSomewhere()
    {
        var document = (await _studio.Http.GetFromJsonAsync<JsonNode>("/openapi.json"))!;
        foreach (var reference in References(document))
        {
            Assert.NotNull(reference.Split('/').Skip(1).Aggregate<string, JsonNode?>(document, (node, part) => node?[part]));
        }

        var ids = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(operation => (string)operation.Value!["operationId"]!).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        foreach (var (path, operations) in document["paths"]!.AsObject())
        {
            foreach (var (verb, _) in operations!.AsObject().Where(operation => operation.Key == "get" && !path.Contains("events", StringComparison.Ordinal)))
            {
                using var response = await _studio.Http.GetAsync(path.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal));
                var text = await response.Content.ReadAsStringAsync();
                Assert.False(text.Contains("There is nothing at", StringComparison.Ordinal), $"{verb} {path} is in the document and not on the server");
            }
        }
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject all => all.SelectMany(pair => pair.Key == "$ref" ? [(string)pair.Value!] : References(pair.Value)),
        JsonArray all => all.SelectMany(References),
        _ => [],
    };
}
