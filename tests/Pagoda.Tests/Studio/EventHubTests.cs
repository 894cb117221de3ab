using System.Text;
using Pagoda.Studio.Jobs;

namespace Pagoda.Tests.Studio;

public sealed class EventHubTests
{
    [Fact]
    public async Task Next_SlowWatcher_GetsTheLatestOfWhatChangesAndAllOfWhatDoesNot()
    {
        var hub = new EventHub();
        using var watcher = hub.Subscribe(null);
        for (var step = 0; step < 10_000; step++)
        {
            hub.Publish("preview", new { step }, "a", "preview a");
        }

        hub.Publish("picture", new { id = 1 }, "a");
        hub.Publish("picture", new { id = 2 }, "a");
        Assert.Equal(["event: preview\ndata: {\"step\":9999}\n\n", "event: picture\ndata: {\"id\":1}\n\n", "event: picture\ndata: {\"id\":2}\n\n"], await Take(watcher, 3));
        Assert.False(watcher.HasMore);
        Assert.Empty((await watcher.NextAsync(TimeSpan.Zero, default))!);
    }

    [Fact]
    public async Task Next_WatcherOfOneJob_HearsOfThatAlone()
    {
        var hub = new EventHub();
        using var watcher = hub.Subscribe("a");
        hub.Publish("job", new { id = "b" }, "b");
        hub.Publish("queue", new { });
        hub.Publish("job", new { id = "a" }, "a");
        Assert.Equal(["event: job\ndata: {\"id\":\"a\"}\n\n"], await Take(watcher, 1));
        Assert.False(watcher.HasMore);
        Assert.True(hub.IsWatched("a"));
        Assert.False(hub.IsWatched("b"));
    }

    [Fact]
    public async Task Next_WatcherWhoNeverReads_IsLetGo()
    {
        var hub = new EventHub();
        using var watcher = hub.Subscribe(null);
        for (var id = 0; id < 5000; id++)
        {
            hub.Publish("picture", new { id }, "a");
        }

        Assert.Null(await watcher.NextAsync(TimeSpan.FromSeconds(1), default));
    }

    private static async Task<List<string>> Take(EventHub.Subscription watcher, int count)
    {
        List<string> taken = [];
        for (var at = 0; at < count; at++)
        {
            taken.Add(Encoding.UTF8.GetString((await watcher.NextAsync(TimeSpan.FromSeconds(5), default))!));
        }

        return taken;
    }
}
