using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Pagoda.Studio.Settings;

namespace Pagoda.Studio.Jobs;

/// <content>What a server finds in its journal when it begins.</content>
internal sealed partial class Studio
{
    private void Read(JsonElement line)
    {
        switch (line.GetProperty("t").GetString())
        {
            case "job":
                var read = Line<JobLine>(line);
                Know(new Job(read.Id, read.Client, new PaintSettings(read.Settings), read.At) { Grid = read.Grid, Cell = read.Cell, Attached = read.Attached });
                break;
            case "started" when _jobs.TryGetValue(line.GetProperty("id").GetString()!, out var job):
                (job.State, job.Started) = (JobState.Running, line.GetProperty("at").GetDateTimeOffset());
                break;
            case "ended" when _jobs.TryGetValue(line.GetProperty("id").GetString()!, out var job):
                (job.State, job.Finished) = (Line<EndLine>(line).State, line.GetProperty("at").GetDateTimeOffset());
                job.Error = line.TryGetProperty("error", out var error) ? error.GetString() : null;
                job.Ended.TrySetResult();
                break;
            case "picture" when line.GetProperty("picture").Deserialize<PaintedPicture>(StudioJson.Options) is { } picture && _jobs.TryGetValue(picture.Job, out var job):
                Show(job, picture);
                break;
            case "star" when _pictures.TryGetValue(line.GetProperty("id").GetString()!, out var job):
                var at = job.Pictures.FindIndex(one => one.Id == line.GetProperty("id").GetString());
                job.Pictures[at] = job.Pictures[at] with { Starred = line.GetProperty("starred").GetBoolean() };
                break;
            case "deleted" when _pictures.TryGetValue(line.GetProperty("id").GetString()!, out var job):
                job.Pictures.RemoveAll(one => one.Id == line.GetProperty("id").GetString());
                Hide(line.GetProperty("id").GetString()!);
                break;
            case "grid":
                var grid = line.GetProperty("grid").Deserialize<Grid>(StudioJson.Options)!;
                _grids[grid.Id] = (grid, []);
                break;
            case "preset":
                Put(line.GetProperty("name").GetString()!, line.TryGetProperty("settings", out var settings) && settings.Deserialize<JsonObject>() is { } values ? new PaintSettings(values) : null);
                break;
        }

        static T Line<T>(JsonElement line) => line.Deserialize<T>(StudioJson.Options) ?? throw new JsonException("it is null");
    }

    /// <summary>Puts back into the queue what was waiting or running when the server ended; what was made for somebody who waited has nobody now.</summary>
    private void Recover()
    {
        foreach (var job in _inOrder.Where(job => job.IsActive).ToList())
        {
            if (job.Attached)
            {
                End(job, JobState.Cancelled, "The server was stopped while somebody waited for it.");
                continue;
            }

            (job.State, job.Started) = (JobState.Queued, null);
            _queue.Add(job);
            _waiting.Release();
        }

        Files.ForgetUploads([.. _inOrder.Select(job => job.Settings).Concat(_presets.Values).SelectMany(settings => settings.Pictures).Select(picture => picture.Id)]);
        _log.LogInformation("{Pictures} pictures of {Jobs} jobs, {Queued} jobs wait", _pictures.Count, _jobs.Count, _queue.Count);
    }

    private sealed record JobLine(string Id, DateTimeOffset At, string Client, JsonObject Settings, string? Grid, Cell? Cell, bool Attached);

    private sealed record EndLine(JobState State);
}
