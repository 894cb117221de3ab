using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Pagoda.Generation;
using Pagoda.Generation.Guidance;
using Pagoda.Studio.Painting;
using Pagoda.Studio.Settings;

namespace Pagoda.Studio.Jobs;

/// <summary>
/// All that a server knows: jobs, pictures, grids and presets, kept in a journal so that a restart, however it came about, loses nothing that was
/// finished and begins again what was running. One lock guards it; nothing slow happens under it.
/// </summary>
internal sealed partial class Studio : IAsyncDisposable
{
    // Previews say where a painting is more often.
    private static readonly TimeSpan s_progress = TimeSpan.FromMilliseconds(500);
    private readonly Lock _lock = new();
    private readonly StudioLimits _limits;
    private readonly ILogger _log;
    private readonly Journal _journal;
    private readonly JobQueue _queue = new();
    private readonly SemaphoreSlim _waiting = new(0);
    private readonly Dictionary<string, Job> _jobs = [];
    private readonly List<Job> _inOrder = [];
    private readonly HashSet<Job> _running = [];
    private readonly Dictionary<string, Job> _pictures = [];
    private readonly List<string> _gallery = [];
    private readonly Dictionary<string, (Grid Grid, List<Job> Jobs)> _grids = [];
    private readonly SortedDictionary<string, PaintSettings> _presets = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _closing = new();

    /// <param name="options">Folder, limits, models.</param>
    /// <param name="log">What happens is told here.</param>
    /// <exception cref="InvalidOperationException">Another server has the folder.</exception>
    /// <exception cref="FileNotFoundException">A model is not there.</exception>
    public Studio(StudioOptions options, ILogger log)
    {
        (_limits, _log) = (options.Limits, log);
        Models = new ModelShelf(options.Model, options.Models);
        Settings = new SettingList(options.Limits, Models.Names, Models.Default);
        Files = new PictureStore(options.Folder, options.Limits);
        _journal = Journal.Open(
            Path.Combine(options.Folder, "journal.jsonl"),
            Read,
            (line, why) => log.LogWarning("line {Line} of the journal cannot be read and is left out: {Why}", line, why));
        Recover();
    }

    /// <summary>The models.</summary>
    public ModelShelf Models { get; }

    /// <summary>What can be asked for.</summary>
    public SettingList Settings { get; }

    /// <summary>The files of pictures.</summary>
    public PictureStore Files { get; }

    /// <summary>Those who watch.</summary>
    public EventHub Events { get; } = new();

    /// <summary>What is counted.</summary>
    public StudioMetrics Metrics { get; } = new();

    /// <summary>Set when the server stops: what runs then is begun again by the next one.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>Jobs that wait.</summary>
    public int Queued => Locked(() => _queue.Count);

    /// <summary>Jobs that run.</summary>
    public int Running => Locked(() => _running.Count);

    /// <summary>Pictures that are kept.</summary>
    public int Kept => Locked(() => _pictures.Count);

    // --- jobs ----------------------------------------------------------------------------------------------------------

    /// <summary>Takes on a job.</summary>
    /// <param name="settings">What to paint.</param>
    /// <param name="client">Whose it is.</param>
    /// <param name="attached">Whether it ends when nobody watches it any more; its maker counts as watching.</param>
    /// <returns>The job, when the journal has it.</returns>
    /// <exception cref="ApiException">The queue is full, or the settings cannot be painted.</exception>
    public async Task<Job> AddAsync(PaintSettings settings, string client, bool attached = false)
    {
        Check(settings);
        var job = NewJob(settings, client, attached, null, null);
        Task written;
        lock (_lock)
        {
            Admit(client, 1);
            written = Enqueue(job);
        }

        AnnounceOrder();
        try
        {
            await written;
        }
        catch
        {
            // Whoever asked is told that it failed, so it must not be painted all the same.
            Cancel(job);
            throw;
        }

        return job;
    }

    /// <summary>Takes on a job for each cell of a grid.</summary>
    /// <exception cref="ApiException">It has too many cells, a value cannot be, or the queue is full.</exception>
    public async Task<GridView> AddGridAsync(PaintSettings settings, GridAxis x, GridAxis? y, string client)
    {
        if (settings.ToJson()["seed"] is null && x.Setting != "seed" && y?.Setting != "seed")
        {
            // Cells are compared: they differ in nothing but what the grid says.
            settings = settings.With("seed", RandomNumberGenerator.GetInt32(int.MaxValue));
        }

        var grid = new Grid(PictureStore.NewId(), DateTimeOffset.UtcNow, settings.ToJson(), x, y);
        List<Job> jobs = [];
        for (var row = 0; row < (y?.Values.Count ?? 1); row++)
        {
            for (var column = 0; column < x.Values.Count; column++)
            {
                var cell = settings.ToJson();
                cell[x.Setting] = x.Values[column]?.DeepClone();
                if (y is not null)
                {
                    cell[y.Setting] = y.Values[row]?.DeepClone();
                }

                var checkedCell = Settings.Read(cell);
                Check(checkedCell);
                jobs.Add(NewJob(checkedCell, client, attached: false, grid.Id, new Cell(column, row)));
            }
        }

        Task written;
        lock (_lock)
        {
            Admit(client, jobs.Count);
            _grids[grid.Id] = (grid, []);
            _journal.Append(new { t = "grid", grid });
            written = Task.WhenAll(jobs.Select(Enqueue));
        }

        AnnounceOrder();
        await written;
        return ViewOf(grid);
    }

    /// <summary>The next job for a device, when there is one.</summary>
    /// <returns>A job that is running now.</returns>
    /// <exception cref="OperationCanceledException">The server closes.</exception>
    public async Task<Job> TakeAsync()
    {
        while (true)
        {
            await _waiting.WaitAsync(Closing);
            lock (_lock)
            {
                if (_queue.Take() is { } job)
                {
                    job.State = JobState.Running;
                    _running.Add(job);
                    job.Started = DateTimeOffset.UtcNow;
                    job.Stop = CancellationTokenSource.CreateLinkedTokenSource(Closing);
                    _journal.Append(new { t = "started", id = job.Id, at = job.Started });
                    Announce(job);
                    AnnounceOrder();
                    return job;
                }
            }
        }
    }

    /// <summary>Ends a job: one that waits at once, one that runs after its step.</summary>
    public void Cancel(Job job)
    {
        lock (_lock)
        {
            if (job.State == JobState.Queued && _queue.Remove(job))
            {
                End(job, JobState.Cancelled, null);
                AnnounceOrder();
            }
            else if (job.State == JobState.Running)
            {
                job.Stop?.CancelAsync();
            }
        }
    }

    /// <summary>Says how a job has ended.</summary>
    /// <param name="job">The job.</param>
    /// <param name="state">How.</param>
    /// <param name="error">Why it failed.</param>
    /// <param name="refused">Whether it failed because of what was asked for.</param>
    public void End(Job job, JobState state, string? error, bool refused = false)
    {
        lock (_lock)
        {
            (job.State, job.Error, job.Finished, job.Progress, job.IsRefused) = (state, error, DateTimeOffset.UtcNow, null, refused);
            job.Stop = null;
            _running.Remove(job);
            _journal.Append(new { t = "ended", id = job.Id, at = job.Finished, state, error });
            Metrics.Ended(state);
            Announce(job);
            job.Ended.TrySetResult();
        }
    }

    /// <summary>Says how far a job is.</summary>
    public void Report(Job job, Progress progress)
    {
        lock (_lock)
        {
            job.Progress = progress;
            if (Events.IsWatched(job.Id) && Stopwatch.GetElapsedTime(job.Told) > s_progress)
            {
                job.Told = Stopwatch.GetTimestamp();
                Announce(job);
            }
        }
    }

    /// <summary>Takes a picture whose files are written.</summary>
    public async Task AddPictureAsync(Job job, PaintedPicture picture)
    {
        Task written;
        lock (_lock)
        {
            Show(job, picture);
            written = _journal.Append(new { t = "picture", picture });
            Events.Publish("picture", PictureView.Of(picture, job), job.Id);
        }

        await written;
    }

    /// <summary>A job by its name.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public Job Find(string id) => Locked(() => _jobs.GetValueOrDefault(id)) ?? throw ApiException.Missing("There is no such job.", "id");

    /// <summary>A job, as clients see it.</summary>
    public JobView ViewOf(Job job) => Locked(() => JobView.Of(job, job.State == JobState.Queued ? _queue.Order().TakeWhile(one => one != job).Count() + 1 : null));

    /// <summary>The jobs that run, then those that wait, in order.</summary>
    public IReadOnlyList<JobView> Active() => Locked(() => (IReadOnlyList<JobView>)
    [
        .. _running.OrderBy(job => job.Started).Select(job => JobView.Of(job)),
        .. _queue.Order().Select((job, at) => JobView.Of(job, at + 1)),
    ]);

    /// <summary>Whether a job waits or runs.</summary>
    public bool IsActive(Job job) => Locked(() => job.IsActive);

    /// <summary>Jobs, newest first.</summary>
    /// <param name="state">Of this state; null for all.</param>
    /// <param name="before">After this one in the list.</param>
    /// <param name="limit">So many.</param>
    public IReadOnlyList<JobView> List(JobState? state, string? before, int limit)
    {
        lock (_lock)
        {
            var places = _queue.Order().Select((job, at) => (job, at)).ToDictionary(pair => pair.job, pair => pair.at + 1);
            return [.. Newest(before).Where(job => state is null || job.State == state).Take(limit).Select(job => JobView.Of(job, places.TryGetValue(job, out var place) ? place : null))];
        }
    }

    /// <summary>Counts somebody who watches just this job.</summary>
    /// <returns>What ends the watching (<see cref="Leave"/>).</returns>
    public IDisposable Watch(Job job)
    {
        lock (_lock)
        {
            job.Watchers++;
        }

        return new Ending(() => Leave(job));
    }

    /// <summary>Counts one less who watches: a job whose watchers have all gone ends, if it was made for them.</summary>
    public void Leave(Job job)
    {
        bool abandoned;
        lock (_lock)
        {
            abandoned = --job.Watchers == 0 && job.Attached && job.IsActive;
        }

        if (abandoned && !Closing.IsCancellationRequested)
        {
            _log.LogInformation("job {Job} has nobody left who waits for it", job.Id);
            Cancel(job);
        }
    }

    // --- grids and presets -----------------------------------------------------------------------------------------------

    /// <summary>Grids, newest first.</summary>
    public IReadOnlyList<GridView> Grids() => Locked(() => (IReadOnlyList<GridView>)[.. _grids.Values.OrderByDescending(pair => pair.Grid.Created).Select(pair => ViewOf(pair.Grid))]);

    /// <summary>A grid by its name.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public GridView Grid(string id) => ViewOf(Locked(() => _grids.GetValueOrDefault(id).Grid) ?? throw ApiException.Missing("There is no such grid.", "id"));

    /// <summary>Ends all jobs of a grid.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public GridView CancelGrid(string id)
    {
        Grid(id);
        Locked(() => _grids[id].Jobs.ToList()).ForEach(Cancel);
        return Grid(id);
    }

    /// <summary>Settings under names.</summary>
    public IReadOnlyList<Preset> Presets() => Locked(() => (IReadOnlyList<Preset>)[.. _presets.Select(pair => new Preset(pair.Key, pair.Value.ToJson()))]);

    /// <summary>Keeps settings under a name; null forgets them.</summary>
    public Task SetPresetAsync(string name, PaintSettings? settings)
    {
        lock (_lock)
        {
            Put(name, settings);
            var written = _journal.Append(new { t = "preset", name, settings = settings?.ToJson() });
            Events.Publish("presets", new { });
            return written;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _journal.DisposeAsync();
        Models.Dispose();
    }

    /// <summary>Tells everything that runs and waits to come to its end.</summary>
    public Task CloseAsync() => _closing.CancelAsync();

    private static Job NewJob(PaintSettings settings, string client, bool attached, string? grid, Cell? cell)
    {
        // The seed is drawn now, so that a job that has to begin again paints the same picture.
        var seeded = settings.ToJson()["seed"] is null ? settings.With("seed", JsonValue.Create(GuidedGenerator.RandomSeed())) : settings;
        return new Job(PictureStore.NewId(), client, seeded, DateTimeOffset.UtcNow) { Grid = grid, Cell = cell, Attached = attached, Watchers = attached ? 1 : 0 };
    }

    /// <summary>Refuses what cannot be painted while whoever asks is still there.</summary>
    private void Check(PaintSettings settings)
    {
        foreach (var (setting, id) in settings.Pictures)
        {
            if (Files.Find(id) is null)
            {
                throw ApiException.Missing($"{setting}: there is no such picture; upload it first.", setting, "picture_not_found");
            }
        }

        try
        {
            foreach (var (name, _) in settings.Critics ?? [])
            {
                if (!Models.Knows(name))
                {
                    throw ApiException.Missing(Models.Unknown(name).Message, "critics", "model_not_found");
                }
            }

            foreach (var (setting, prompt) in new[] { ("prompt", settings.Prompt), ("negative", settings.Shown("negative")) })
            {
                if (!string.IsNullOrWhiteSpace(prompt) && Generation.Prompts.Prompt.Parse(prompt).Terms.Any(term => term.IsPicture))
                {
                    throw ApiException.Invalid("Prompts here cannot name files; upload the picture and give it as image.", setting);
                }
            }

            // Whether they go together, a model says that is there already; another one says it when the job begins.
            using var lease = Models.FindLoaded(settings.Model ?? Models.Default);
            if (lease is not null)
            {
                settings.ToRequest(lease.Painter, null, _ => "", _ => Nothing);
            }
        }
        catch (GenerationException problem)
        {
            throw ApiException.Invalid(problem.Message);
        }
    }

    private static readonly Formats.Images.Picture Nothing = new(1, 1, 3, new byte[3]);

    private void Admit(string client, int jobs)
    {
        if (Closing.IsCancellationRequested)
        {
            throw ApiException.Busy("The server is stopping.", 503, "stopping");
        }

        if (_queue.Count + jobs > _limits.Queue)
        {
            throw ApiException.Busy($"The queue is full: {_queue.Count} jobs wait of at most {_limits.Queue}; try again later.");
        }

        if (_queue.CountOf(client) + jobs > _limits.QueuePerClient)
        {
            throw ApiException.Busy($"{_queue.CountOf(client)} of your jobs wait already, of at most {_limits.QueuePerClient}; try again later.");
        }
    }

    private Task Enqueue(Job job)
    {
        Know(job);
        _queue.Add(job);
        Metrics.Created();
        var written = _journal.Append(new { t = "job", id = job.Id, at = job.Created, client = job.Client, settings = job.Settings.ToJson(), grid = job.Grid, cell = job.Cell, attached = job.Attached });
        _waiting.Release();
        Announce(job);
        return written;
    }

    private void Know(Job job)
    {
        _jobs[job.Id] = job;
        _inOrder.Add(job);
        if (job.Grid is { } grid && _grids.TryGetValue(grid, out var of))
        {
            of.Jobs.Add(job);
        }
    }

    private void Announce(Job job) => Events.Publish("job", JobView.Of(job), job.Id, $"job {job.Id}");

    private void AnnounceOrder()
    {
        lock (_lock)
        {
            Events.Publish("queue", new { order = _queue.Order().Select(job => job.Id) }, null, "queue");
        }
    }

    private IEnumerable<Job> Newest(string? before)
    {
        var newest = Enumerable.Reverse(_inOrder);
        return before is null ? newest : newest.SkipWhile(job => job.Id != before).Skip(1);
    }

    private GridView ViewOf(Grid grid) => Locked(() => new GridView(grid.Id, grid.Created, grid.Settings, grid.X, grid.Y, [.. _grids[grid.Id].Jobs.Select(job => JobView.Of(job))]));

    private void Put(string name, PaintSettings? settings)
    {
        if (settings is null)
        {
            _presets.Remove(name);
        }
        else
        {
            _presets[name] = settings;
        }
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_lock)
        {
            return read();
        }
    }

    private sealed class Ending(Action end) : IDisposable
    {
        private Action? _end = end;

        public void Dispose() => Interlocked.Exchange(ref _end, null)?.Invoke();
    }
}
