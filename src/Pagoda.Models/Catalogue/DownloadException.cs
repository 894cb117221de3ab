namespace Pagoda.Models.Catalogue;

/// <summary>A file could not be downloaded; the message is one sentence that says what happened and what can be done.</summary>
public sealed class DownloadException : Exception
{
    /// <summary>With a message alone.</summary>
    public DownloadException(string message)
        : base(message)
    {
    }

    /// <summary>With the error underneath; the message already says what it was.</summary>
    public DownloadException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>The server has no such file (404 or 410).</summary>
    internal bool NotFound { get; init; }
}
