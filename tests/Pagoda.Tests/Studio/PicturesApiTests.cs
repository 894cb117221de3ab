using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Provenance;

namespace Pagoda.Tests.Studio;

[Trait("Host", "programs")]
public sealed class PicturesApiTests(StudioFixture fixture) : IClassFixture<StudioFixture>
{
    private readonly RunningStudio _studio = fixture.Studio;

    [Fact]
    public async Task Inspect_PictureOfTheServer_GivesTheSettingsThatPaintItAgain()
    {
        var settings = StudioFixture.Quick("a green tree");
        settings["count"] = 2;
        settings["negative"] = "blurry";
        settings["learningRate"] = 0.5;
        var pictures = (await _studio.WaitAsync(await _studio.CreateAsync(settings)))["pictures"]!.AsArray();
        var png = await _studio.Http.GetByteArrayAsync((string)pictures[1]!["urls"]!["png"]!);
        var restored = await InspectAsync(png);
        Assert.Equal((2L, "a green tree", "blurry", 0.5), ((long)restored["seed"]!, (string)restored["prompt"]!, (string)restored["negative"]!, (double)restored["learningRate"]!));
        var again = await _studio.WaitAsync(await _studio.CreateAsync(restored));
        Assert.Equal(Pixels(png), Pixels(await _studio.Http.GetByteArrayAsync((string)again["pictures"]![0]!["urls"]!["png"]!)));
    }

    [Fact]
    public async Task Inspect_PictureOfTheCommandLine_GivesSettingsThatPaintItAgain()
    {
        using var painter = Painter.Load("emoji");
        var request = painter.Complete(new GenerationRequest("a blue car", new PaintOptions { Seed = 5, Method = PaintMethod.Pixels, Steps = 3, Views = 2 }));
        var frame = painter.GeneratorFor(request).GenerateAsync(request).ToBlockingEnumerable().Last();
        var png = PictureFile.EncodePng(frame.Picture, painter.Record(request, frame, "test").ToPngTexts());
        var again = await _studio.WaitAsync(await _studio.CreateAsync(await InspectAsync(png)));
        Assert.Equal(frame.Picture.Pixels, Pixels(await _studio.Http.GetByteArrayAsync((string)again["pictures"]![0]!["urls"]!["png"]!)));
    }

    [Fact]
    public async Task Inspect_PictureWithoutARecord_IsRefusedInASentence()
    {
        using var response = await _studio.Http.PostAsync("/api/inspect", new ByteArrayContent(PictureFile.EncodePng(new Picture(2, 2, 3, new byte[12]))));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("no record", (string)(await response.Content.ReadFromJsonAsync<JsonNode>())!["error"]!["message"]!);
    }

    [Fact]
    public async Task Mask_BlackPlaces_StayToTheBit()
    {
        var start = new Picture(64, 64, 3, [.. Enumerable.Range(0, 64 * 64 * 3).Select(at => (byte)(at * 7))]);
        // The left half is white.
        var mask = new Picture(64, 64, 1, [.. Enumerable.Range(0, 64 * 64).Select(at => at % 64 < 32 ? (byte)255 : (byte)0)]);
        var settings = StudioFixture.Quick(steps: 5);
        (settings["init"], settings["mask"]) = (await UploadAsync(start), await UploadAsync(mask));
        settings.Remove("start");
        var job = await _studio.WaitAsync(await _studio.CreateAsync(settings));
        var png = await _studio.Http.GetByteArrayAsync((string)job["pictures"]![0]!["urls"]!["png"]!);
        var painted = Pixels(png);
        bool Differs(bool left) => Enumerable.Range(0, 64 * 64).Any(at => at % 64 < 32 == left && !painted.AsSpan(3 * at, 3).SequenceEqual(start.Pixels.AsSpan(3 * at, 3)));
        Assert.True(Differs(left: true));
        Assert.False(Differs(left: false));
        Assert.Equal($"{settings["init"]}.png", PaintingRecord.FromPng(png, "png").Init!.Path);
    }

    [Fact]
    public async Task Gallery_SearchStarPageDeleteDownload()
    {
        var word = Guid.NewGuid().ToString("N")[..8];
        for (var seed = 0; seed < 3; seed++)
        {
            var settings = StudioFixture.Quick($"a purple {word}", steps: 1);
            settings["seed"] = seed;
            await _studio.WaitAsync(await _studio.CreateAsync(settings));
        }

        var found = await ListAsync($"search={word}%20PURPLE");
        Assert.Equal([2L, 1L, 0L], found["pictures"]!.AsArray().Select(picture => (long)picture!["seed"]!));
        var first = await ListAsync($"search={word}&limit=2");
        Assert.Equal(3, (int)first["total"]!);
        Assert.Equal(0, (long)(await ListAsync($"search={word}&limit=2&before={first["next"]}"))["pictures"]!.AsArray().Single()!["seed"]!);

        var id = (string)found["pictures"]![1]!["id"]!;
        Assert.Equal(200, (await _studio.SendAsync(HttpMethod.Patch, $"/api/pictures/{id}", new JsonObject { ["starred"] = true })).Status);
        Assert.Equal(id, (string)(await ListAsync($"search={word}&starred=true"))["pictures"]!.AsArray().Single()!["id"]!);

        using var download = await _studio.Http.GetAsync($"/files/{id}.png?download&strip");
        Assert.Contains($"filename=a-purple-{word}-1.png", download.Content.Headers.GetValues("Content-Disposition").Single());
        var stripped = await download.Content.ReadAsByteArrayAsync();
        var whole = await _studio.Http.GetByteArrayAsync($"/files/{id}.png");
        Assert.Empty(PictureFile.ReadPngTexts(stripped));
        Assert.Equal(3, PictureFile.ReadPngTexts(whole).Count);
        Assert.Equal(Pixels(whole), Pixels(stripped));

        var one = (await _studio.Http.GetFromJsonAsync<JsonNode>($"/api/pictures/{id}"))!;
        Assert.NotEmpty(one["curve"]!.AsArray());
        Assert.Equal($"a purple {word}", (string)one["record"]!["prompt"]!);

        Assert.Equal(204, (await _studio.SendAsync(HttpMethod.Delete, $"/api/pictures/{id}")).Status);
        Assert.Equal(404, (await _studio.SendAsync(HttpMethod.Delete, $"/api/pictures/{id}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _studio.Http.GetAsync($"/files/{id}.png")).StatusCode);
        Assert.Equal(2, (int)(await ListAsync($"search={word}"))["total"]!);
        Assert.Empty(Directory.EnumerateFiles(_studio.Options.Folder, $"{id}*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Files_OfADrawing_AreThePngTheSvgAndBothAnimations()
    {
        var settings = new JsonObject { ["prompt"] = "a red heart", ["method"] = "draw", ["strokes"] = 4, ["steps"] = 6, ["views"] = 1 };
        var urls = (await _studio.WaitAsync(await _studio.CreateAsync(settings)))["pictures"]![0]!["urls"]!;
        Assert.Contains("<svg", await _studio.Http.GetStringAsync((string)urls["svg"]!));
        Assert.Contains("<svg", await _studio.Http.GetStringAsync((string)urls["animatedSvg"]!));
        using var drawing = await _studio.Http.GetAsync((string)urls["svg"]!);
        Assert.Contains("default-src 'none'", drawing.Headers.GetValues("Content-Security-Policy").Single());
    }

    private static byte[] Pixels(byte[] png) => PictureFile.Decode(png).ToRgb().Pixels;

    private async Task<JsonNode> ListAsync(string query) => (await _studio.Http.GetFromJsonAsync<JsonNode>($"/api/pictures?{query}"))!;

    private async Task<string> UploadAsync(Picture picture)
    {
        using var response = await _studio.Http.PostAsync("/api/uploads", new ByteArrayContent(PictureFile.EncodePng(picture)));
        return (string)(await response.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
    }

    private async Task<JsonNode> InspectAsync(byte[] png)
    {
        using var response = await _studio.Http.PostAsync("/api/inspect", new ByteArrayContent(png));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!["settings"]!;
    }
}
