using System.Security.Cryptography;

namespace Pagoda.Generation.Provenance;

/// <summary>A file that a painting was made with.</summary>
/// <param name="Path">Where it was.</param>
/// <param name="Sha256">SHA-256 of its bytes, in lower-case hexadecimal.</param>
public sealed record FileRecord(string Path, string Sha256)
{
    /// <summary>The record of a file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static FileRecord Of(string path)
    {
        using var stream = File.OpenRead(path);
        return new FileRecord(path, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }

    /// <summary>Finds the file again: where it was, or beside the picture whose record this is.</summary>
    /// <exception cref="GenerationException">It is gone or has changed.</exception>
    public string Find(string folder)
    {
        var found = new[] { Path, System.IO.Path.Combine(folder, Path), System.IO.Path.Combine(folder, System.IO.Path.GetFileName(Path)) }.FirstOrDefault(File.Exists)
            ?? throw new GenerationException($"The picture was painted with {Path}, which is not there any more; put it back beside the picture.");
        return Of(found).Sha256 == Sha256
            ? found
            : throw new GenerationException($"The picture was painted with {Path}, but {found} is another file now (its SHA-256 is not {Sha256[..12]}…); put the old one back.");
    }
}
