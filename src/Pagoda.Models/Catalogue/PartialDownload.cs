namespace Pagoda.Models.Catalogue;

/// <summary>What must still hold for a half-downloaded file to be continued; kept beside it as <c>FILE.part.json</c>.</summary>
/// <param name="Url">The address it is coming from.</param>
/// <param name="ETag">The server's strong name for exactly these bytes.</param>
internal sealed record PartialDownload(Uri Url, string ETag);
