using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Pagoda.Formats.Images;
using Pagoda.Studio;

namespace Pagoda.Tests.Studio;

/// <summary>What strangers send, by mistake or on purpose.</summary>
[Trait("Host", "programs")]
public sealed class HostileRequestTests(StudioFixture fixture) : IClassFixture<StudioFixture>
{
    private const string Nowhere = "00000000000000000000000000000000";
    private readonly RunningStudio _studio = fixture.Studio;

    [Theory]
    [InlineData("", 400, null)]
    [InlineData("{", 400, null)]
    [InlineData("null", 400, null)]
    [InlineData("[]", 400, null)]
    [InlineData("\"a cat\"", 400, null)]
    [InlineData("{}", 400, "prompt")]
    [InlineData("{\"prompt\":\"\"}", 400, "prompt")]
    [InlineData("{\"prompt\":7}", 400, "prompt")]
    [InlineData("{\"prompt\":\"a\",\"prompt\":\"b\"}", 400, null)]
    [InlineData("{\"prompt\":{\"a\":1}}", 400, "prompt")]
    [InlineData("{\"prompt\":\"a cat\",\"stepz\":3}", 400, "stepz")]
    [InlineData("{\"prompt\":\"a cat\",\"steps\":\"3\"}", 400, "steps")]
    [InlineData("{\"prompt\":\"a cat\",\"steps\":0}", 400, "steps")]
    [InlineData("{\"prompt\":\"a cat\",\"steps\":2.5}", 400, "steps")]
    [InlineData("{\"prompt\":\"a cat\",\"steps\":1e400}", 400, "steps")]
    [InlineData("{\"prompt\":\"a cat\",\"steps\":99999999999999999999999999}", 400, "steps")]
    [InlineData("{\"prompt\":\"a cat\",\"size\":100000}", 400, "size")]
    [InlineData("{\"prompt\":\"a cat\",\"count\":17}", 400, "count")]
    [InlineData("{\"prompt\":\"a cat\",\"seed\":-1}", 400, "seed")]
    [InlineData("{\"prompt\":\"a cat\",\"strength\":0}", 400, "strength")]
    [InlineData("{\"prompt\":\"a cat\",\"method\":\"magic\"}", 400, "method")]
    [InlineData("{\"prompt\":\"a cat\",\"model\":\"../../etc/passwd\"}", 400, "model")]
    [InlineData("{\"prompt\":\"a cat\",\"critics\":\"/etc/passwd\"}", 404, "critics")]
    [InlineData("{\"prompt\":\"a cat\",\"critics\":\"emoji:-1\"}", 400, null)]
    [InlineData("{\"prompt\":\"a cat\",\"init\":\"../../../etc/passwd\"}", 404, "init")]
    [InlineData("{\"prompt\":\"a cat\",\"init\":\"" + Nowhere + "\"}", 404, "init")]
    [InlineData("{\"prompt\":\"image:/etc/passwd\"}", 400, "prompt")]
    [InlineData("{\"prompt\":\"a cat | image:/etc/hostname:0.5\"}", 400, "prompt")]
    [InlineData("{\"prompt\":\"a cat\",\"negative\":\"image:/etc/hostname\"}", 400, "negative")]
    [InlineData("{\"prompt\":\"a |\"}", 400, null)]
    [InlineData("{\"prompt\":\"a\\\\\"}", 400, null)]
    [InlineData("{\"prompt\":\"a cat\",\"palette\":\"red\",\"method\":\"draw\"}", 400, null)]
    public async Task Job_ThatCannotBe_IsRefusedWithItsParameter(string body, int status, string? param)
    {
        // Loaded, the model itself is asked too whether settings go together.
        await _studio.WaitAsync(await _studio.CreateAsync(StudioFixture.Quick(steps: 1)));
        using var response = await _studio.Http.PostAsync("/api/jobs", new StringContent(body, Encoding.UTF8, "application/json"));
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;
        Assert.Equal((status, param), ((int)response.StatusCode, (string?)error["param"]));
        Assert.Equal("invalid_request_error", (string)error["type"]!);
        Assert.DoesNotContain("   at ", (string)error["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_DeeplyNestedLongOrOfAnotherType_IsRefused()
    {
        Assert.Equal(400, await PostAsync("/api/jobs", "{\"prompt\":" + new string('[', 100_000) + new string(']', 100_000) + "}", "application/json"));
        Assert.Equal(413, await PostAsync("/api/jobs", "{\"prompt\":\"" + new string('a', 2_000_000) + "\"}", "application/json"));
        Assert.Equal(400, await PostAsync("/api/jobs", "{\"prompt\":\"" + new string('a', 5000) + "\"}", "application/json"));
        Assert.Equal(415, await PostAsync("/api/jobs", "{\"prompt\":\"a cat\"}", "text/plain"));
        Assert.Equal(405, (int)(await _studio.Http.PutAsync("/api/jobs", null)).StatusCode);
    }

    [Fact]
    public async Task Upload_NoPictureDamagedOrBomb_IsRefusedQuickly()
    {
        var png = PictureFile.EncodePng(new Picture(64, 64, 3, new byte[64 * 64 * 3]));
        // The header says 60,000 x 60,000 pixels; the rest is what it was.
        var bomb = (byte[])png.Clone();
        (bomb[16], bomb[17], bomb[18], bomb[19]) = (0, 0, 0xEA, 0x60);
        (bomb[20], bomb[21], bomb[22], bomb[23]) = (0, 0, 0xEA, 0x60);
        byte[][] bad = [[], "PK\x03\x04 a zip"u8.ToArray(), png[..60], bomb, "<svg xmlns='http://www.w3.org/2000/svg'/>"u8.ToArray()];
        foreach (var data in bad)
        {
            using var response = await _studio.Http.PostAsync("/api/uploads", new ByteArrayContent(data));
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Equal("invalid_image", (string)(await response.Content.ReadFromJsonAsync<JsonNode>())!["error"]!["code"]!);
        }

        using var large = await _studio.Http.PostAsync("/api/uploads", new ByteArrayContent(new byte[20_000_001]));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        using var good = await _studio.Http.PostAsync("/api/uploads", new ByteArrayContent(png));
        Assert.Equal(HttpStatusCode.Created, good.StatusCode);
    }

    [Fact]
    public async Task Upload_KeepsPixelsAndNothingElse()
    {
        var png = PictureFile.EncodePng(new Picture(8, 8, 3, [.. Enumerable.Range(0, 192).Select(value => (byte)value)]), [new PngText("Comment", "where I live")]);
        using var response = await _studio.Http.PostAsync("/api/uploads", new ByteArrayContent(png));
        var kept = await _studio.Http.GetByteArrayAsync((string)(await response.Content.ReadFromJsonAsync<JsonNode>())!["url"]!);
        Assert.Equal(PictureFile.Decode(png).Pixels, PictureFile.Decode(kept).Pixels);
        Assert.Empty(PictureFile.ReadPngTexts(kept));
    }

    [Theory]
    [InlineData("/files/..%2f..%2fjournal.jsonl")]
    [InlineData("/files/../journal.jsonl")]
    [InlineData("/files/%2e%2e/journal.jsonl")]
    [InlineData("/files/journal.jsonl")]
    [InlineData("/files/" + Nowhere + ".png")]
    [InlineData("/files/" + Nowhere + ".curve.json")]
    [InlineData("/files/" + Nowhere + "%00.png")]
    [InlineData("/page/../../journal.jsonl")]
    [InlineData("/api/pictures/..%2f..")]
    [InlineData("/api/jobs/%00")]
    [InlineData("/nothing")]
    public async Task Path_OfNothing_IsNotFound(string path)
    {
        // A client would tidy such paths up before it sends them.
        var uri = new Uri(_studio.Address);
        using var client = new TcpClient(uri.Host, uri.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {uri.Authority}\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(client.GetStream());
        var answer = await reader.ReadToEndAsync();
        Assert.Matches("^HTTP/1.1 (404|400) ", answer);
        Assert.DoesNotContain("\"t\":", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evil.example", null, 403)]
    [InlineData("127.0.0.1.evil.example", null, 403)]
    [InlineData(null, "http://evil.example", 403)]
    [InlineData(null, "null", 403)]
    [InlineData("localhost", null, 200)]
    public async Task Request_FromAnotherSitesPage_IsRefused(string? host, string? origin, int status)
    {
        var (answer, _) = await _studio.SendAsync(HttpMethod.Get, "/api/info", null, request =>
        {
            request.Headers.Host = host;
            if (origin is not null)
            {
                request.Headers.Add("Origin", origin);
            }
        });
        Assert.Equal(status, answer);
    }

    [Fact]
    public async Task Key_WhereThereIsOne_IsNeededForAllButPageHealthAndFiles()
    {
        await using var studio = await RunningStudio.StartAsync(options => options with { Key = "sesame" });
        Assert.Equal(401, (await studio.SendAsync(HttpMethod.Get, "/api/jobs")).Status);
        Assert.Equal(401, (await studio.SendAsync(HttpMethod.Get, "/metrics")).Status);
        Assert.Equal(401, (await studio.SendAsync(HttpMethod.Get, "/api/jobs", null, Bearer("sesam"))).Status);
        Assert.Equal(200, (await studio.SendAsync(HttpMethod.Get, "/api/jobs", null, Bearer("sesame"))).Status);
        Assert.Equal(200, (int)(await studio.Http.GetAsync("/health")).StatusCode);
        Assert.Equal(200, (int)(await studio.Http.GetAsync("/")).StatusCode);
        Assert.Equal(404, (int)(await studio.Http.GetAsync($"/files/{Nowhere}.png")).StatusCode);

        static Action<HttpRequestMessage> Bearer(string key) => request => request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    [Fact]
    public async Task Start_BeyondThisMachineWithoutAKey_IsRefused()
    {
        var problem = await Assert.ThrowsAsync<ArgumentException>(() => RunningStudio.StartAsync(options => options with { Host = IPAddress.Any }));
        Assert.Contains("key", problem.Message);
    }

    [Fact]
    public async Task Queue_Full_RefusesMoreAndTakesThemLater()
    {
        await using var studio = await RunningStudio.StartAsync(options => options with { Limits = new StudioLimits { Queue = 2 } });
        var running = await studio.CreateAsync(StudioFixture.Quick(steps: 2000));
        await studio.WaitAsync(running, "running");
        await studio.CreateAsync(StudioFixture.Quick());
        var waiting = await studio.CreateAsync(StudioFixture.Quick());
        using var refused = await studio.Http.PostAsJsonAsync("/api/jobs", StudioFixture.Quick());
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        await studio.SendAsync(HttpMethod.Delete, $"/api/jobs/{running}");
        await studio.WaitAsync(waiting);
        await studio.WaitAsync(await studio.CreateAsync(StudioFixture.Quick()));
    }

    [Fact]
    public async Task Clients_TwoHundredAtOnce_GetCorrectAnswersWhileTheJobGoesOnUndisturbed()
    {
        var alone = await _studio.WaitAsync(await _studio.CreateAsync(StudioFixture.Quick(steps: 60)));
        var running = await _studio.CreateAsync(StudioFixture.Quick(steps: 60));
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async number => (number % 5) switch
        {
            0 => (200, (int)(await _studio.Http.GetAsync("/api/pictures")).StatusCode),
            1 => (200, (int)(await _studio.Http.GetAsync("/health")).StatusCode),
            2 => (400, await PostAsync("/api/jobs", "{\"prompt\":", "application/json")),
            3 => (404, (int)(await _studio.Http.GetAsync($"/api/jobs/{number}")).StatusCode),
            _ => (200, (int)(await _studio.Http.GetAsync("/openapi.json")).StatusCode),
        }));
        Assert.All(answers, answer => Assert.Equal(answer.Item1, answer.Item2));
        var done = await _studio.WaitAsync(running);
        Assert.Equal((double)alone["pictures"]![0]!["energy"]!, (double)done["pictures"]![0]!["energy"]!);
    }

    private async Task<int> PostAsync(string path, string body, string type) => (int)(await _studio.Http.PostAsync(path, new StringContent(body, Encoding.UTF8, type))).StatusCode;
}
