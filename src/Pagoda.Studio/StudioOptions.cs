using System.Net;
using Pagoda.Torch;

namespace Pagoda.Studio;

/// <summary>How to serve.</summary>
public sealed record StudioOptions
{
    /// <summary>The address to listen at; only this machine by default.</summary>
    public IPAddress Host { get; init; } = IPAddress.Loopback;

    /// <summary>The port; 0 for any that is free.</summary>
    public int Port { get; init; } = 7860;

    /// <summary>What clients have to show as <c>Authorization: Bearer KEY</c>; null for nothing, which is for loopback alone.</summary>
    public string? Key { get; init; }

    /// <summary>Where jobs, pictures and uploads are kept.</summary>
    public string Folder { get; init; } = DefaultFolder;

    /// <summary>The model for requests that name none: a name or a path.</summary>
    public string Model { get; init; } = "emoji";

    /// <summary>Further models that clients may name: names or paths. Those of <c>models/</c> and the pulled ones can always be named.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>One generation at a time runs on each; the best one at hand where empty.</summary>
    public IReadOnlyList<Device> Devices { get; init; } = [];

    /// <summary>What a request may ask for.</summary>
    public StudioLimits Limits { get; init; } = new();

    /// <summary>Whether logs are lines of JSON instead of lines for people.</summary>
    public bool JsonLogs { get; init; }

    /// <summary>Where logs go; null for the standard error stream.</summary>
    public TextWriter? Logs { get; init; }

    /// <summary><c>XDG_DATA_HOME/pagoda/studio</c>, by default <c>~/.local/share/pagoda/studio</c>.</summary>
    public static string DefaultFolder { get; } = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data
            ? data
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share"),
        "pagoda",
        "studio");
}
