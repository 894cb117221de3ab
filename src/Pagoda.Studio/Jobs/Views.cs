using System.Text.Json.Nodes;

namespace Pagoda.Studio.Jobs;

/// <summary>A job, as clients see it.</summary>
internal sealed record JobView
{
    public required string Id { get; init; }

    public required JobState State { get; init; }

    public required DateTimeOffset Created { get; init; }

    public DateTimeOffset? Started { get; init; }

    public DateTimeOffset? Finished { get; init; }

    /// <summary>Its place among those that wait, 1 for the next.</summary>
    public int? Position { get; init; }

    public required JsonObject Settings { get; init; }

    public required string Client { get; init; }

    public string? Grid { get; init; }

    public Cell? Cell { get; init; }

    public Progress? Progress { get; init; }

    public string? Error { get; init; }

    public required IReadOnlyList<PictureView> Pictures { get; init; }

    public static JobView Of(Job job, int? position = null) => new()
    {
        Id = job.Id,
        State = job.State,
        Created = job.Created,
        Started = job.Started,
        Finished = job.Finished,
        Position = position,
        Settings = job.Settings.ToJson(),
        Client = job.Client,
        Grid = job.Grid,
        Cell = job.Cell,
        Progress = job.Progress,
        Error = job.Error,
        Pictures = [.. job.Pictures.Select(picture => PictureView.Of(picture, job))],
    };
}

/// <summary>Where a picture's files are.</summary>
internal sealed record PictureUrls(string Png, string? Webp, string? Svg, string? AnimatedSvg);

/// <summary>A picture, as clients see it.</summary>
internal sealed record PictureView
{
    public required string Id { get; init; }

    public required string Job { get; init; }

    public required int Index { get; init; }

    public required ulong Seed { get; init; }

    public required string Prompt { get; init; }

    public string? Negative { get; init; }

    public required string Method { get; init; }

    public required string Model { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    public required double Energy { get; init; }

    public required int Steps { get; init; }

    public required double Seconds { get; init; }

    public required bool Interrupted { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required bool Starred { get; init; }

    public required PictureUrls Urls { get; init; }

    /// <summary>What paints just this picture again.</summary>
    public required JsonObject Settings { get; init; }

    public string? Grid { get; init; }

    public Cell? Cell { get; init; }

    /// <summary>Pairs of step and energy; only where one picture is asked for.</summary>
    public JsonNode? Curve { get; init; }

    /// <summary>All that it was made from; only where one picture is asked for.</summary>
    public JsonNode? Record { get; init; }

    public static PictureView Of(PaintedPicture picture, Job job) => new()
    {
        Id = picture.Id,
        Job = picture.Job,
        Index = picture.Index,
        Seed = picture.Seed,
        Prompt = job.Settings.Prompt,
        Negative = job.Settings.Shown("negative"),
        Method = picture.Method,
        Model = picture.Model,
        Width = picture.Width,
        Height = picture.Height,
        Energy = picture.Energy,
        Steps = picture.Steps,
        Seconds = picture.Seconds,
        Interrupted = picture.Interrupted,
        Created = picture.Created,
        Starred = picture.Starred,
        Urls = new PictureUrls(
            $"/files/{picture.Id}.png",
            picture.Animated ? $"/files/{picture.Id}.webp" : null,
            picture.Svg ? $"/files/{picture.Id}.svg" : null,
            picture.Svg ? $"/files/{picture.Id}.animated.svg" : null),
        Settings = job.Settings.Alone(picture.Seed).ToJson(),
        Grid = job.Grid,
        Cell = job.Cell,
    };
}

/// <summary>A grid, as clients see it.</summary>
internal sealed record GridView(string Id, DateTimeOffset Created, JsonObject Settings, GridAxis X, GridAxis? Y, IReadOnlyList<JobView> Jobs);

/// <summary>Settings under a name.</summary>
internal sealed record Preset(string Name, JsonObject Settings);
