namespace Pagoda.Models.Catalogue;

/// <summary>How patient a <see cref="Downloader"/> is.</summary>
public sealed record DownloadOptions
{
    /// <summary>How long the server may stay silent, within a body or before its headers, before the connection counts as dropped. Default 30 s.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many tries in a row may bring not one new byte. Default 6.</summary>
    public int FruitlessTries { get; init; } = 6;

    /// <summary>How many tries in a row may find no server at all. Default 3.</summary>
    public int UnreachableTries { get; init; } = 3;

    /// <summary>The wait after the first fruitless try; it doubles with each, up to 30 s. Default 1 s.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes to leave free on the disk. Default 64 MiB.</summary>
    public long KeepFree { get; init; } = 64L << 20;

    /// <summary>Free bytes on the disk that holds a folder; what tests replace.</summary>
    internal Func<string, long> FreeSpace { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;
}
