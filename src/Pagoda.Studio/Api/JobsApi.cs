using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Pagoda.Studio.Jobs;

namespace Pagoda.Studio.Api;

/// <summary>Jobs, grids and presets.</summary>
internal static class JobsApi
{
    private const int LongestPreset = 100;

    public static IEnumerable<Operation> Operations(Jobs.Studio studio, StudioLimits limits) =>
    [
        new("POST", "/api/jobs", "createJob", "jobs", "Take on a job. With Accept: text/event-stream its events come as the answer, and it ends when nobody watches it any more.", http => CreateAsync(studio, http)) { Body = "Settings", Status = 202, Result = "Job" },
        new("GET", "/api/jobs", "listJobs", "jobs", "Jobs, newest first.", http => Task.FromResult<object?>(List(studio, http)))
        {
            Result = "JobList",
            Query = [("state", "string", "active, queued, running, done, failed or cancelled"), ("limit", "integer", "1 to 200"), ("before", "string", "the job after which to go on")],
        },
        new("GET", "/api/jobs/{id}", "getJob", "jobs", "One job.", http => Task.FromResult<object?>(studio.ViewOf(studio.Find(http.Route("id"))))) { Result = "Job" },
        new("DELETE", "/api/jobs/{id}", "cancelJob", "jobs", "End a job; the picture so far is kept.", http => CancelAsync(studio, http)) { Result = "Job" },
        new("GET", "/api/jobs/{id}/events", "watchJob", "jobs", "What happens to a job, as server-sent events: snapshot, job, preview, picture.", http => WatchAsync(studio, studio.Find(http.Route("id")), http)) { Result = "text/event-stream" },
        new("GET", "/api/events", "watchAll", "jobs", "What happens to all, as server-sent events: snapshot, job, queue, preview, picture, deleted, presets.", http => WatchAllAsync(studio, http)) { Result = "text/event-stream" },
        new("POST", "/api/grids", "createGrid", "grids", "A job for each value of one setting, or each pair of two.", http => CreateGridAsync(studio, limits, http)) { Body = "GridRequest", Status = 202, Result = "Grid" },
        new("GET", "/api/grids", "listGrids", "grids", "Grids, newest first.", _ => Task.FromResult<object?>(new { grids = studio.Grids() })) { Result = "GridList" },
        new("GET", "/api/grids/{id}", "getGrid", "grids", "One grid.", http => Task.FromResult<object?>(studio.Grid(http.Route("id")))) { Result = "Grid" },
        new("DELETE", "/api/grids/{id}", "cancelGrid", "grids", "End all jobs of a grid.", http => Task.FromResult<object?>(studio.CancelGrid(http.Route("id")))) { Result = "Grid" },
        new("GET", "/api/presets", "listPresets", "presets", "Settings that were kept under names.", _ => Task.FromResult<object?>(new { presets = studio.Presets() })) { Result = "PresetList" },
        new("PUT", "/api/presets/{name}", "savePreset", "presets", "Keep settings under a name.", http => SavePresetAsync(studio, http)) { Body = "Settings", Result = "Settings" },
        new("DELETE", "/api/presets/{name}", "deletePreset", "presets", "Forget a name.", http => DeletePresetAsync(studio, http)) { Status = 204 },
    ];

    private static async Task<object?> CreateAsync(Jobs.Studio studio, HttpContext http)
    {
        var settings = studio.Settings.Read(await http.JsonAsync());
        var streamed = http.WantsEvents();
        var job = await studio.AddAsync(settings, http.Client(), attached: streamed);
        http.Response.Headers.Location = $"/api/jobs/{job.Id}";
        if (!streamed)
        {
            return studio.ViewOf(job);
        }

        try
        {
            return await WatchAsync(studio, job, http);
        }
        finally
        {
            // The maker was counted as watching from the beginning.
            studio.Leave(job);
        }
    }

    private static object List(Jobs.Studio studio, HttpContext http)
    {
        var text = http.Query("state");
        if (text == "active")
        {
            return new { jobs = studio.Active() };
        }

        JobState? state = text is null ? null
            : Enum.TryParse<JobState>(text, ignoreCase: true, out var known) && !char.IsAsciiDigit(text[0]) ? known
            : throw ApiException.Invalid("state is none; choose active, queued, running, done, failed or cancelled.", "state");
        var limit = http.Limit();
        var jobs = studio.List(state, http.Query("before"), limit);
        return new { jobs, next = jobs.Count == limit ? jobs[^1].Id : null };
    }

    private static async Task<object?> CancelAsync(Jobs.Studio studio, HttpContext http)
    {
        var job = studio.Find(http.Route("id"));
        studio.Cancel(job);
        // A step may take its time; who asks is told what is so then.
        await Task.WhenAny(job.Ended.Task, Task.Delay(TimeSpan.FromSeconds(5), http.RequestAborted));
        return studio.ViewOf(job);
    }

    private static async Task<object?> WatchAsync(Jobs.Studio studio, Job job, HttpContext http)
    {
        using var watching = studio.Watch(job);
        using var subscription = studio.Events.Subscribe(job.Id);
        await EventStream.SendAsync(http, studio, subscription, () => new { jobs = new[] { studio.ViewOf(job) } }, job);
        return null;
    }

    private static async Task<object?> WatchAllAsync(Jobs.Studio studio, HttpContext http)
    {
        using var subscription = studio.Events.Subscribe(null);
        await EventStream.SendAsync(http, studio, subscription, () => new { jobs = studio.Active() }, null);
        return null;
    }

    private static async Task<object?> CreateGridAsync(Jobs.Studio studio, StudioLimits limits, HttpContext http)
    {
        if (await http.JsonAsync() is not JsonObject body)
        {
            throw ApiException.Invalid("The grid is no JSON object; send {\"settings\": …, \"x\": {\"setting\": \"seed\", \"values\": [1, 2]}}.");
        }

        var x = Axis(studio, body["x"], "x") ?? throw ApiException.Invalid("x is missing; say {\"setting\": …, \"values\": […]}.", "x");
        var y = Axis(studio, body["y"], "y");
        if (x.Setting == y?.Setting)
        {
            throw ApiException.Invalid($"x and y are both {x.Setting}; choose two settings.", "y");
        }

        // Compared as large numbers: a product of two lists of values must not wrap around.
        if ((long)x.Values.Count * (y?.Values.Count ?? 1) is var cells && cells > limits.GridCells)
        {
            throw ApiException.Invalid($"The grid has {cells} cells; {limits.GridCells} are allowed.", "x");
        }

        return await studio.AddGridAsync(studio.Settings.Read(WithFirst(body["settings"], x, y)), x, y, http.Client());
    }

    // What an axis says need not be in the settings too.
    private static JsonNode? WithFirst(JsonNode? settings, GridAxis x, GridAxis? y)
    {
        if (settings is not JsonObject given)
        {
            return settings;
        }

        var all = (JsonObject)given.DeepClone();
        foreach (var axis in new[] { x, y }.OfType<GridAxis>())
        {
            all[axis.Setting] = axis.Values[0]?.DeepClone();
        }

        return all;
    }

    private static GridAxis? Axis(Jobs.Studio studio, JsonNode? given, string name)
    {
        if (given is null)
        {
            return null;
        }

        if (given is not JsonObject axis || axis["setting"] is not JsonValue which || !which.TryGetValue<string>(out var setting) || axis["values"] is not JsonArray { Count: > 0 } values)
        {
            throw ApiException.Invalid($"{name} is no side of a grid; say {{\"setting\": …, \"values\": […]}}.", name);
        }

        var known = studio.Settings.Find(setting) ?? throw ApiException.Invalid($"{name}: there is no setting {(setting.Length > 40 ? "of that name" : setting)}.", name);
        return new GridAxis(setting, [.. values.Select(value => value is null ? null : known.Check(value))]);
    }

    private static async Task<object?> SavePresetAsync(Jobs.Studio studio, HttpContext http)
    {
        var name = http.Route("name");
        if (name.Length > LongestPreset || name.Any(char.IsControl))
        {
            throw ApiException.Invalid($"The name is longer than {LongestPreset} characters, or has some that cannot be seen; choose another.", "name");
        }

        var settings = studio.Settings.Read(await http.JsonAsync(), partial: true);
        await studio.SetPresetAsync(name, settings);
        return settings.ToJson();
    }

    private static async Task<object?> DeletePresetAsync(Jobs.Studio studio, HttpContext http)
    {
        await studio.SetPresetAsync(http.Route("name"), null);
        return null;
    }
}
