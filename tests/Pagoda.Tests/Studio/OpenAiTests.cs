using System.Text;
using System.Text.Json.Nodes;
using Pagoda.Formats.Images;
using Pagoda.Studio;
using Pagoda.Studio.OpenAi;

namespace Pagoda.Tests.Studio;

/// <summary>OpenAI's client library against a server with a key (tests/studio/openai.mjs), and what it cannot show.</summary>
[Trait("Host", "programs")]
public sealed class OpenAiTests(OpenAiTests.Server server) : IClassFixture<OpenAiTests.Server>
{
    private const string Key = "secret";

    [StudioScriptTheory("openai")]
    [InlineData("models")]
    [InlineData("generate")]
    [InlineData("stream")]
    [InlineData("edit")]
    [InlineData("variations")]
    [InlineData("embeddings")]
    [InlineData("errors")]
    [InlineData("abort")]
    [InlineData("parallel")]
    public Task ClientLibrary(string scenario) => StudioScript.RunAsync("openai.mjs", scenario, server.Studio.Address, Key);

    [Theory]
    [InlineData("whole", false)]
    [InlineData("stream", true)]
    public async Task TooLong_IsTold504AndTheJobEnds(string prompt, bool stream)
    {
        await using var studio = await RunningStudio.StartAsync(options => options with { Limits = options.Limits with { RequestTime = TimeSpan.FromSeconds(0.5) } });
        var body = new JsonObject { ["prompt"] = prompt, ["stream"] = stream, ["pagoda"] = new JsonObject { ["method"] = "pixels", ["steps"] = 2000 } };
        var (status, answer) = await studio.SendAsync(HttpMethod.Post, "/v1/images/generations", body);
        Assert.Equal((504, "timeout"), (status, (string)answer!["error"]!["code"]!));
        var jobs = (await studio.SendAsync(HttpMethod.Get, "/api/jobs")).Body!["jobs"]!.AsArray();
        await studio.WaitAsync((string)Assert.Single(jobs)!["id"]!, "cancelled");
    }

    [Theory]
    [InlineData("multipart/form-data", "", "invalid_form")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nx", "invalid_form")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", "invalid_form")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"nothing\"\r\n\r\nx\r\n--b--\r\n", "unknown_parameter")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"pagoda\"\r\n\r\n{\r\n--b--\r\n", "invalid_json")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\nNaN\r\n--b--\r\n", "invalid_value")]
    public async Task Form_Damaged_IsTold400(string type, string body, string code)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/images/edits") { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        request.Headers.Add("Authorization", $"Bearer {Key}");
        using var response = await server.Studio.Http.SendAsync(request);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;
        Assert.Equal((400, code), ((int)response.StatusCode, (string)error["code"]!));
    }

    [Fact]
    public async Task Document_DescribesWhatThereIs()
    {
        var document = (await server.Studio.SendAsync(HttpMethod.Get, "/openapi.json", null, request => request.Headers.Add("Authorization", $"Bearer {Key}"))).Body!;
        foreach (var path in new[] { "/v1/images/generations", "/v1/images/edits", "/v1/images/variations", "/v1/embeddings", "/v1/models", "/v1/models/{id}" })
        {
            Assert.Equal("openai", (string)document["paths"]![path]!.AsObject().First().Value!["tags"]![0]!);
        }

        var schemas = document["components"]!["schemas"]!.AsObject();
        Assert.All(References(document).Distinct(), name => Assert.True(schemas.ContainsKey(name), $"there is no schema {name}"));
        Assert.Equal(3, (int)schemas["OpenAiImageRequest"]!["properties"]!["partial_images"]!["maximum"]!);

        static IEnumerable<string> References(JsonNode? node) => node switch
        {
            JsonObject one => one.SelectMany(pair => pair.Key == "$ref" ? [((string)pair.Value!).Split('/')[^1]] : References(pair.Value)),
            JsonArray many => many.SelectMany(References),
            _ => [],
        };
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("auto", null)]
    [InlineData("64x64", 64)]
    [InlineData("512x512", 512)]
    public void Size_Square_IsItsSide(string? size, int? side) => Assert.Equal(side, ImageRequest.SideOf(size, 512));

    [Theory]
    [InlineData("")]
    [InlineData("64")]
    [InlineData("64x32")]
    [InlineData("x")]
    [InlineData("-8x-8")]
    [InlineData(" 64x64")]
    [InlineData("4x4")]
    [InlineData("513x513")]
    [InlineData("99999999999x99999999999")]
    public void Size_Other_IsRefused(string size) => Assert.Equal("size", Assert.Throws<ApiException>(() => ImageRequest.SideOf(size, 512)).Param);

    [Fact]
    public void Mask_WithAlpha_IsPaintedWhereFullyTransparent()
    {
        var image = new Picture(2, 1, 3, new byte[6]);
        Assert.Equal([255, 0], EditMask.Of(image, new Picture(2, 1, 4, [255, 255, 255, 0, 0, 0, 0, 1]))!.Pixels);
        Assert.Equal([0, 255], EditMask.Of(image, new Picture(2, 1, 2, [255, 255, 255, 0]))!.Pixels);
        Assert.Equal("mask", Assert.Throws<ApiException>(() => EditMask.Of(image, new Picture(2, 1, 4, [0, 0, 0, 9, 0, 0, 0, 255]))).Param);
    }

    [Fact]
    public void Mask_WithoutAlpha_IsPaintedWhereWhite()
    {
        var image = new Picture(2, 1, 3, new byte[6]);
        Assert.Equal([255, 255, 255, 0, 0, 0], EditMask.Of(image, new Picture(2, 1, 1, [255, 0]))!.Pixels);
        Assert.Throws<ApiException>(() => EditMask.Of(image, new Picture(2, 1, 1, [0, 0])));
        Assert.Throws<ApiException>(() => EditMask.Of(image, new Picture(1, 2, 1, [255, 0])));
    }

    [Fact]
    public void Mask_None_IsTheImagesOwnTransparency()
    {
        Assert.Null(EditMask.Of(new Picture(2, 1, 3, new byte[6]), null));
        Assert.Null(EditMask.Of(new Picture(2, 1, 4, [0, 0, 0, 255, 0, 0, 0, 7]), null));
        Assert.Equal([0, 255], EditMask.Of(new Picture(2, 1, 4, [0, 0, 0, 255, 0, 0, 0, 0]), null)!.Pixels);
    }

    [Fact]
    public void Base64_IsFloatsWithTheLeastByteFirst()
    {
        float[] values = [1, -2.5f, float.Epsilon, 0.1f];
        var bytes = Convert.FromBase64String(EmbeddingsApi.ToBase64(values));
        Assert.Equal([0x00, 0x00, 0x80, 0x3f], bytes[..4]);
        Assert.Equal(values, values.Select((_, at) => System.Buffers.Binary.BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(4 * at))));
    }

    [Fact]
    public void Partials_ComeEvenly()
    {
        var all = new ImageAnswer.Partials(3);
        Assert.Equal([(10, 0), (20, 1), (30, 2)], Enumerable.Range(1, 39).Select(step => (step, all.Next(0, step, 40))).Where(pair => pair.Item2 is not null).Select(pair => (pair.step, pair.Item2!.Value)));
        Assert.Equal(0, all.Next(1, 10, 40));
        var few = new ImageAnswer.Partials(3);
        Assert.Equal([null, 0, 1], new[] { 3, 25, 39 }.Select(step => few.Next(0, step, 40)));
    }

    [Fact]
    public async Task Embeddings_TooManyWaiting_AreRefusedAndLeaversForgotten()
    {
        using var models = new Pagoda.Studio.Painting.ModelShelf("emoji", []);
        using var embedder = new Embedder(models, Pagoda.Torch.Device.Cpu);
        var inputs = Enumerable.Range(0, 256).Select(at => new EmbeddingInput($"a number, {at}", null)).ToList();
        using var leaving = new CancellationTokenSource();
        // The first loads the model; meanwhile the others wait.
        var first = embedder.ModelAsync("emoji", default);
        var work = Enumerable.Range(0, 7).Select(_ => embedder.EmbedAsync("emoji", inputs, leaving.Token)).ToList();
        var over = Enumerable.Range(0, 2).Select(_ => embedder.EmbedAsync("emoji", inputs, leaving.Token)).ToList();
        var refused = await Assert.ThrowsAsync<ApiException>(() => over[1]);
        Assert.Equal(429, refused.Status);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work[^1]);
        Assert.Equal((await first).Dimensions, (await embedder.EmbedAsync("emoji", [new EmbeddingInput("a cat", null)], default))[0].Values.Length);
    }

    /// <summary>A server with a key.</summary>
    public sealed class Server : IAsyncLifetime
    {
        public RunningStudio Studio { get; private set; } = null!;

        public async Task InitializeAsync() => Studio = await RunningStudio.StartAsync(options => options with { Key = Key });

        public Task DisposeAsync() => Studio.DisposeAsync().AsTask();
    }
}
