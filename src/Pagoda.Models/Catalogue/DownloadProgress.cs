namespace Pagoda.Models.Catalogue;

/// <summary>How far a download is.</summary>
/// <param name="Received">Bytes on disk, earlier runs included.</param>
/// <param name="Total">Bytes of the whole file; <see langword="null"/> when the server did not say.</param>
/// <param name="Note">What has just happened, when it is worth a line: a dropped connection, a file that starts over.</param>
public readonly record struct DownloadProgress(long Received, long? Total, string? Note = null);
