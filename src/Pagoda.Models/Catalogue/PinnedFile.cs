namespace Pagoda.Models.Catalogue;

/// <summary>What a pull saw of a file; kept beside it as <c>FILE.pinned.json</c> and held against every later copy.</summary>
/// <param name="Url">The address it came from.</param>
/// <param name="Size">Length in bytes.</param>
/// <param name="Sha256">SHA-256 in lower-case hexadecimal.</param>
/// <param name="Pulled">When.</param>
public sealed record PinnedFile(Uri Url, long Size, string Sha256, DateTimeOffset Pulled);
