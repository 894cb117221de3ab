namespace Pagoda.Torch.Distributed;

/// <summary>The patience of a <see cref="ProcessGroup"/>.</summary>
public sealed record ProcessGroupOptions
{
    /// <summary>How long the ranks wait for each other at the start.</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a collective may take while every rank is alive: PyTorch's half an hour.</summary>
    public TimeSpan CollectiveTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How often a rank gives a sign of life.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A rank that has given no sign for so long counts as lost.</summary>
    public TimeSpan HeartbeatLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the main thread has to notice a loss by itself before <see cref="OnLost"/> ends the process.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Called from another thread with the sentence that says which rank was lost, when the main thread did not leave its collective within
    /// <see cref="Grace"/>. It should write the sentence and end the process; when it returns, the process ends with exit code 1. Null writes to standard error.
    /// </summary>
    public Action<string>? OnLost { get; init; }
}
