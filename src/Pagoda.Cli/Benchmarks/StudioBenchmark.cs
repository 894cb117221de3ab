using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Pagoda.Studio;

namespace Pagoda.Cli.Benchmarks;

/// <summary>What it costs a painting to be served and watched: the same small job through Studio with somebody at its events, with nobody, and without Studio.</summary>
internal sealed class StudioBenchmark : IBenchmark
{
    public string Name => "studio";

    public string Description => "A small painting through Studio, watched; beside the same unwatched and without Studio.";

    public bool HasTypes => false;

    public Workload Prepare(BenchmarkShape shape) => new Jobs();

    private sealed class Jobs : Workload
    {
        private const int Steps = 100;
        private readonly string _folder = Directory.CreateTempSubdirectory("pagoda-bench-").FullName;
        private readonly StudioServer _server;
        private readonly HttpClient _http;
        private readonly Pagoda.Generation.Painter _painter = Pagoda.Generation.Painter.Load("emoji");
        private readonly List<double> _watched = [];
        private readonly List<double> _unwatched = [];
        private readonly List<double> _alone = [];

        public Jobs()
        {
            _server = StudioServer.StartAsync(new StudioOptions { Port = 0, Folder = _folder, Logs = TextWriter.Null }).GetAwaiter().GetResult();
            _http = new HttpClient { BaseAddress = new Uri(_server.Address) };
        }

        public override int Calls => Steps;

        public override Setting Setting => new("emoji", 64, 6);

        public override Ceiling Ceiling(Spread seconds) => new("the same painting without Studio", Spread.Of(_alone.Zip(_watched, (alone, watched) => alone / watched)).Median);

        public override string Note(Measurement measured)
        {
            var (watched, unwatched, alone) = (Spread.Of(_watched), Spread.Of(_unwatched), Spread.Of(_alone));
            var ratio = Spread.Of(_watched.Zip(_unwatched, (one, other) => one / other));
            return string.Create(
                CultureInfo.InvariantCulture,
                $"seconds a step watched {watched.Median:0.00000}, unwatched {unwatched.Median:0.00000}, without Studio {alone.Median:0.00000}; watched takes {ratio.Median:0.000} times as long as unwatched ({ratio.Min:0.000}..{ratio.Max:0.000} over {_watched.Count} pairs)");
        }

        public override void WarmUp() => PaintAsync(watched: true).GetAwaiter().GetResult();

        public override void Step() => _watched.Add(PaintAsync(watched: true).GetAwaiter().GetResult());

        public override void Compare()
        {
            _unwatched.Add(PaintAsync(watched: false).GetAwaiter().GetResult());
            var frame = _painter.Paint("a red apple", new Pagoda.Generation.PaintOptions { Seed = 1, Method = Pagoda.Generation.PaintMethod.Pixels, Start = Pagoda.Generation.Recipes.StartKind.Grey, Steps = Steps });
            _alone.Add(frame.Elapsed.TotalSeconds / Steps);
        }

        public override void Dispose()
        {
            _http.Dispose();
            _server.DisposeAsync().AsTask().GetAwaiter().GetResult();
            _painter.Dispose();
            Directory.Delete(_folder, recursive: true);
        }

        /// <summary>Seconds a step, by the painting's own clock.</summary>
        private async Task<double> PaintAsync(bool watched)
        {
            using var watching = new CancellationTokenSource();
            var watcher = watched ? WatchAsync(watching.Token) : Task.CompletedTask;
            var settings = new JsonObject { ["prompt"] = "a red apple", ["seed"] = 1, ["method"] = "pixels", ["start"] = "grey", ["steps"] = Steps };
            using var created = await _http.PostAsJsonAsync("/api/jobs", settings);
            var job = (await created.Content.ReadFromJsonAsync<JsonNode>())!;
            while ((string)job["state"]! is "queued" or "running")
            {
                await Task.Delay(50, CancellationToken.None);
                job = (await _http.GetFromJsonAsync<JsonNode>($"/api/jobs/{job["id"]}", CancellationToken.None))!;
            }

            await watching.CancelAsync();
            await watcher;
            return (double)job["pictures"]![0]!["seconds"]! / Steps;
        }

        private async Task WatchAsync(CancellationToken end)
        {
            try
            {
                await using var events = await _http.GetStreamAsync("/api/events", end);
                var buffer = new byte[1 << 16];
                while (await events.ReadAsync(buffer, end) > 0)
                {
                }
            }
            catch (OperationCanceledException)
            {
                // Seen enough.
            }
        }
    }
}
