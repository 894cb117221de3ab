namespace Pagoda.Studio;

/// <summary>What one request may ask for, and how much the server takes on.</summary>
public sealed record StudioLimits
{
    /// <summary>The largest side of a picture in pixels.</summary>
    public int Size { get; init; } = 512;

    /// <summary>The most steps.</summary>
    public int Steps { get; init; } = 2000;

    /// <summary>The most pictures of a job.</summary>
    public int Count { get; init; } = 16;

    /// <summary>The most jobs that wait; further ones are refused with 429.</summary>
    public int Queue { get; init; } = 500;

    /// <summary>The most jobs of one client that wait.</summary>
    public int QueuePerClient { get; init; } = 200;

    /// <summary>The most cells of a grid.</summary>
    public int GridCells { get; init; } = 100;

    /// <summary>The most bytes of an uploaded picture.</summary>
    public long UploadBytes { get; init; } = 20_000_000;

    /// <summary>The most pixels of an uploaded picture, width times height.</summary>
    public long UploadPixels { get; init; } = 40_000_000;

    /// <summary>The most characters of a prompt.</summary>
    public int PromptLength { get; init; } = 4000;

    /// <summary>How long a request that waits for its pictures may take; then it gets 504 and its job is cancelled.</summary>
    public TimeSpan RequestTime { get; init; } = TimeSpan.FromMinutes(10);
}
