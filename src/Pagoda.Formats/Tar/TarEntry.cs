namespace Pagoda.Formats.Tar;

/// <summary>A file in a tar archive.</summary>
/// <param name="Name">Its path, with '/'.</param>
/// <param name="Offset">Where its content begins, in bytes from the beginning of the archive.</param>
/// <param name="Length">Bytes of its content.</param>
public readonly record struct TarEntry(string Name, long Offset, long Length);
