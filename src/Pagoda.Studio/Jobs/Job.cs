using System.Text.Json.Nodes;
using Pagoda.Studio.Settings;

namespace Pagoda.Studio.Jobs;

/// <summary>What has become of a job.</summary>
internal enum JobState
{
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

/// <summary>A place in a grid, from 0.</summary>
internal sealed record Cell(int X, int Y);

/// <summary>How far a running job is.</summary>
/// <param name="Picture">The picture that is painted, from 0.</param>
/// <param name="Pictures">Pictures in all.</param>
/// <param name="Step">Its steps so far.</param>
/// <param name="Steps">Its steps in all.</param>
/// <param name="Energy">Its energy.</param>
/// <param name="Seconds">Seconds since the job began to run.</param>
/// <param name="SecondsLeft">What is left by this picture's speed; null before there is one.</param>
internal sealed record Progress(int Picture, int Pictures, int Step, int Steps, double Energy, double Seconds, double? SecondsLeft);

/// <summary>A request for pictures. Its members change under the lock of <see cref="Studio"/> alone.</summary>
internal sealed class Job(string id, string client, PaintSettings settings, DateTimeOffset created)
{
    public string Id => id;

    /// <summary>Whose it is: clients take turns.</summary>
    public string Client => client;

    public PaintSettings Settings => settings;

    public DateTimeOffset Created => created;

    public string? Grid { get; init; }

    public Cell? Cell { get; init; }

    /// <summary>Whether it ends when nobody watches it any more.</summary>
    public bool Attached { get; init; }

    /// <summary>Those who watch just this job.</summary>
    public int Watchers { get; set; }

    public JobState State { get; set; } = JobState.Queued;

    public DateTimeOffset? Started { get; set; }

    public DateTimeOffset? Finished { get; set; }

    public string? Error { get; set; }

    /// <summary>Whether it failed because of what was asked for, and not because of the server.</summary>
    public bool IsRefused { get; set; }

    public Progress? Progress { get; set; }

    /// <summary>When watchers were last told of the progress.</summary>
    public long Told { get; set; }

    public List<PaintedPicture> Pictures { get; } = [];

    /// <summary>Ends the painting; there is one while it runs.</summary>
    public CancellationTokenSource? Stop { get; set; }

    /// <summary>Done when the job has ended, however.</summary>
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsActive => State is JobState.Queued or JobState.Running;
}

/// <summary>A picture that has been painted.</summary>
internal sealed record PaintedPicture
{
    /// <summary>Its name in files and addresses: 32 hexadecimal digits that nobody guesses.</summary>
    public required string Id { get; init; }

    public required string Job { get; init; }

    /// <summary>Which of its job, from 0.</summary>
    public required int Index { get; init; }

    public required ulong Seed { get; init; }

    public required string Method { get; init; }

    public required string Model { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    public required double Energy { get; init; }

    public required int Steps { get; init; }

    public required double Seconds { get; init; }

    public bool Interrupted { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Whether an animation of its appearing was kept.</summary>
    public bool Animated { get; init; }

    /// <summary>Whether it is a drawing too.</summary>
    public bool Svg { get; init; }

    public bool Starred { get; init; }
}

/// <summary>Jobs over the values of one setting or two.</summary>
internal sealed record Grid(string Id, DateTimeOffset Created, JsonObject Settings, GridAxis X, GridAxis? Y);

/// <summary>A side of a grid.</summary>
/// <param name="Setting">The setting's name.</param>
/// <param name="Values">Its values.</param>
internal sealed record GridAxis(string Setting, JsonArray Values);
