using System.Text;
using Pagoda.Models.Catalogue;
using Behaviour = Pagoda.Tests.Models.Catalogue.FaultyServer.Behaviour;

namespace Pagoda.Tests.Models.Catalogue;

public sealed class ModelPullTests : IDisposable
{
    private static readonly byte[] Content = Encoding.ASCII.GetBytes(string.Join(' ', Enumerable.Range(0, 20_000)));

    private readonly ModelCache _cache = new(Directory.CreateTempSubdirectory("pagoda-cache-").FullName);
    private readonly HttpClient _client = Downloader.CreateClient();

    private static CatalogueEntry Entry(params string[] urls) => new()
    {
        Name = "tiny",
        Kind = "clip",
        What = "For tests.",
        Format = "pytorch",
        Source = new Uri("https://example.org"),
        Urls = [.. urls.Select(url => new Uri(url))],
    };

    public void Dispose()
    {
        _client.Dispose();
        Directory.Delete(_cache.Folder, recursive: true);
    }

    private ModelPull Pull(Uri? mirror = null) =>
        new(_cache, new Downloader(_client, new DownloadOptions { FirstWait = TimeSpan.FromMilliseconds(1) }), mirror);

    [Fact]
    public async Task RunAsync_UnknownHash_PinsWhatItSawAndHoldsLaterPullsToIt()
    {
        using var server = new FaultyServer(Content);
        var entry = Entry(server.Url.AbsoluteUri);
        var first = await Pull().RunAsync(entry);
        Assert.True(first is { Pinned: true, AlreadyHere: false });
        Assert.Equal(server.Sha256, ModelCache.Pin(first.File)!.Sha256);
        Assert.True((await Pull().RunAsync(entry)).AlreadyHere);
        Assert.Single(server.Requests);

        File.Delete(first.File);
        server.Content = [.. Content.Reverse()];
        var error = await Assert.ThrowsAsync<DownloadException>(() => Pull().RunAsync(entry));
        Assert.Contains("is not the expected file", error.Message, StringComparison.Ordinal);
        Assert.True((await Pull().RunAsync(entry, force: true)).Pinned);
        Assert.Equal(server.Sha256, ModelCache.Pin(first.File)!.Sha256);
    }

    [Fact]
    public async Task RunAsync_FirstAddressMissing_UsesTheSecond()
    {
        using var server = new FaultyServer(Content, new Behaviour(Status: 404));
        var outcome = await Pull().RunAsync(Entry(new Uri(server.Root, "/a.safetensors").AbsoluteUri, new Uri(server.Root, "/a.bin").AbsoluteUri));
        Assert.Equal("a.bin", Path.GetFileName(outcome.File));
        Assert.Equal(["/a.safetensors", "/a.bin"], server.Requests.Select(request => request.Path));
    }

    [Theory]
    [InlineData("/base/laion/w.bin?dl=1")]
    [InlineData("/base/tiny/w.bin")]
    public async Task RunAsync_Mirror_AsksItAloneByPathThenByName(string served)
    {
        using var server = new FaultyServer(Content, new Behaviour(Path: served), new Behaviour(Path: served));
        var outcome = await Pull(new Uri(server.Root, "/base/")).RunAsync(Entry("https://unreachable.invalid/laion/w.bin?dl=1"));
        Assert.Equal(Content, await File.ReadAllBytesAsync(outcome.File));
        Assert.Equal(served, server.Requests.Last().Path);
    }

    [Fact]
    public async Task VerifyAsync_ChangedFile_SaysWhatIsWrong()
    {
        using var server = new FaultyServer(Content);
        var entry = Entry(server.Url.AbsoluteUri);
        var file = (await Pull().RunAsync(entry)).File;
        Assert.Null(await ModelPull.VerifyAsync(entry, file));

        var bytes = await File.ReadAllBytesAsync(file);
        bytes[7] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        Assert.Contains("its SHA-256 is", await ModelPull.VerifyAsync(entry, file), StringComparison.Ordinal);
        await File.WriteAllBytesAsync(file, bytes[..100]);
        Assert.Contains("it has 100 bytes instead of", await ModelPull.VerifyAsync(entry, file), StringComparison.Ordinal);
        File.Delete(file + ".pinned.json");
        Assert.Contains("nothing is known", await ModelPull.VerifyAsync(entry, file), StringComparison.Ordinal);
    }
}
