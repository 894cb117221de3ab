using FsCheck;
using FsCheck.Fluent;
using Pagoda.Models.Catalogue;
using Behaviour = Pagoda.Tests.Models.Catalogue.FaultyServer.Behaviour;

namespace Pagoda.Tests.Models.Catalogue;

public sealed class DownloaderTests : IDisposable
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31 >> 3))];

    private readonly string _folder = Directory.CreateTempSubdirectory("pagoda-download-").FullName;
    private readonly HttpClient _client = Downloader.CreateClient();

    private string File => Path.Combine(_folder, "weights.bin");

    private static DownloadOptions Quick => new()
    {
        FirstWait = TimeSpan.FromMilliseconds(1),
        StallTimeout = TimeSpan.FromSeconds(5),
        FruitlessTries = 3,
    };

    public void Dispose()
    {
        _client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Task<PinnedFile> Fetch(FaultyServer server, DownloadOptions? options = null, long? size = null, string? sha256 = null, CancellationToken cancellation = default) =>
        new Downloader(_client, options ?? Quick).FetchAsync(server.Url, File, size, sha256, null, cancellation);

    [Fact]
    public async Task FetchAsync_GoodServer_WritesTheFileAndWhatItSaw()
    {
        using var server = new FaultyServer(Content);
        var pin = await Fetch(server, size: Content.Length, sha256: server.Sha256.ToUpperInvariant());
        Assert.Equal(Content, await System.IO.File.ReadAllBytesAsync(File));
        Assert.Equal((server.Url, Content.LongLength, server.Sha256), (pin.Url, pin.Size, pin.Sha256));
        Assert.Equal(["weights.bin"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task FetchAsync_ConnectionDropsTwice_ContinuesWhereItStopped()
    {
        using var server = new FaultyServer(Content, new Behaviour(DropAfter: 100_000), new Behaviour(DropAfter: 50_000));
        await Fetch(server, sha256: server.Sha256);
        Assert.Equal(["-", "bytes=100000-", "bytes=150000-"], server.Requests.Select(request => request.Range));
    }

    [Fact]
    public void FetchAsync_AnyPlanOfDrops_ArrivesWhole()
    {
        Prop.ForAll(Gen.Choose(1, 60_000).ListOf(5).ToArbitrary(), drops =>
        {
            using var server = new FaultyServer(Content, [.. drops.Select(drop => new Behaviour(DropAfter: drop))]);
            Fetch(server, sha256: server.Sha256).GetAwaiter().GetResult();
            Assert.Equal(drops.Count + 1, server.Requests.Count);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10));
    }

    [Fact]
    public async Task FetchAsync_ServerIgnoresRange_StartsOver()
    {
        using var server = new FaultyServer(Content, new Behaviour(DropAfter: 100_000), new Behaviour(IgnoreRange: true));
        await Fetch(server, sha256: server.Sha256);
        Assert.Equal(Content, await System.IO.File.ReadAllBytesAsync(File));
    }

    [Fact]
    public async Task FetchAsync_FileChangesBetweenTries_StartsOverWithTheNewOne()
    {
        using var server = new FaultyServer(Content, new Behaviour(DropAfter: 100_000));
        await Assert.ThrowsAsync<DownloadException>(() => Fetch(server, Quick with { FruitlessTries = 1 }));
        server.Content = [.. Content.Reverse()];
        server.ETag = "\"two\"";
        await Fetch(server);
        Assert.Equal(server.Content, await System.IO.File.ReadAllBytesAsync(File));
        Assert.Equal("bytes=100000-", server.Requests.Last().Range);
    }

    [Theory]
    [InlineData("W/\"weak\"", false)]
    [InlineData("\"one\"", true)]
    public async Task FetchAsync_NoStrongTag_AsksForTheWholeFileAgain(string tag, bool withoutTag)
    {
        using var server = new FaultyServer(Content, new Behaviour(DropAfter: 100_000, WithoutETag: withoutTag)) { ETag = tag };
        await Fetch(server, sha256: server.Sha256);
        Assert.Equal(["-", "-"], server.Requests.Select(request => request.Range));
    }

    [Fact]
    public async Task FetchAsync_CancelledMidway_KeepsThePartForTheNextCall()
    {
        using var server = new FaultyServer(Content, new Behaviour(DropAfter: 120_000, Stall: true));
        using var stop = new CancellationTokenSource();
        var stopAtEnd = new Inline(progress => { if (progress.Received == 120_000) { stop.Cancel(); } });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new Downloader(_client, Quick).FetchAsync(server.Url, File, null, null, stopAtEnd, stop.Token));
        Assert.False(System.IO.File.Exists(File));
        Assert.Equal(120_000, new FileInfo(File + ".part").Length);

        await Fetch(server, sha256: server.Sha256);
        Assert.Equal("bytes=120000-", server.Requests.Last().Range);
        Assert.Equal(["weights.bin"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task FetchAsync_PartIsAlreadyWhole_NeedsNoByte()
    {
        using var server = new FaultyServer(Content, new Behaviour(ExtraLength: 1), new Behaviour());
        await Fetch(server, sha256: server.Sha256);
        Assert.Equal(["-", "bytes=300000-"], server.Requests.Select(request => request.Range));
    }

    [Fact]
    public async Task FetchAsync_ServerFallsSilent_CountsAsDropped()
    {
        using var server = new FaultyServer(Content, new Behaviour(DropAfter: 100_000, Stall: true));
        await Fetch(server, Quick with { StallTimeout = TimeSpan.FromMilliseconds(300) }, sha256: server.Sha256);
        Assert.Equal(["-", "bytes=100000-"], server.Requests.Select(request => request.Range));
    }

    [Fact]
    public async Task FetchAsync_BusyThenFine_TriesAgainWhenAsked()
    {
        using var server = new FaultyServer(Content, new Behaviour(Status: 503, RetryAfter: 0), new Behaviour(Status: 429));
        await Fetch(server, sha256: server.Sha256);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task FetchAsync_AlwaysBusy_GivesUpAfterTheAllowedTries()
    {
        using var server = new FaultyServer(Content, [.. Enumerable.Repeat(new Behaviour(Status: 503), 9)]);
        var error = await Assert.ThrowsAsync<DownloadException>(() => Fetch(server));
        Assert.Contains("answered 503 Scripted, 3 times in a row", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, server.Requests.Count);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData(404, "does not exist (404)")]
    [InlineData(401, "refused /weights.bin: 401")]
    public async Task FetchAsync_Refused_SaysSoAtOnce(int status, string expected)
    {
        using var server = new FaultyServer(Content, new Behaviour(Status: status));
        var error = await Assert.ThrowsAsync<DownloadException>(() => Fetch(server));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task FetchAsync_WrongSizeAnnounced_StopsBeforeDownloading()
    {
        using var server = new FaultyServer(Content);
        var error = await Assert.ThrowsAsync<DownloadException>(() => Fetch(server, size: 299_999));
        Assert.Contains("300,000 bytes where 299,999 are expected", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task FetchAsync_WrongHash_KeepsNothingAndLeavesTheOldFile()
    {
        await System.IO.File.WriteAllTextAsync(File, "old");
        using var server = new FaultyServer(Content);
        var error = await Assert.ThrowsAsync<DownloadException>(() => Fetch(server, sha256: new string('0', 64)));
        Assert.Contains($"its SHA-256 is {server.Sha256} instead of 0000", error.Message, StringComparison.Ordinal);
        Assert.Equal("old", await System.IO.File.ReadAllTextAsync(File));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task FetchAsync_DiskTooSmall_SaysHowMuchIsMissing()
    {
        using var server = new FaultyServer(Content);
        var error = await Assert.ThrowsAsync<DownloadException>(() => Fetch(server, Quick with { KeepFree = 2_000_000, FreeSpace = _ => 1_000_000 }));
        Assert.Contains("has 1 MB free and the download needs 2 MB", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FetchAsync_NobodyListens_NamesTheHostAndTheWayOut()
    {
        Uri closed;
        using (var server = new FaultyServer(Content))
        {
            closed = server.Url;
        }

        var error = await Assert.ThrowsAsync<DownloadException>(() => new Downloader(_client, Quick).FetchAsync(closed, File));
        Assert.StartsWith("127.0.0.1 cannot be reached (Connection refused), 3 times in a row", error.Message, StringComparison.Ordinal);
        Assert.Contains($"put the file at {File} or name a mirror", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FetchAsync_AnotherDownloadRuns_SaysSo()
    {
        using var server = new FaultyServer(Content);
        using var other = new FileStream(File + ".part", FileMode.Create, FileAccess.Write, FileShare.None);
        var error = await Assert.ThrowsAsync<DownloadException>(() => Fetch(server));
        Assert.Contains("is another download of it running?", error.Message, StringComparison.Ordinal);
    }

    private sealed class Inline(Action<DownloadProgress> act) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => act(value);
    }
}
