using Pagoda.Formats.Images;

namespace Pagoda.Tests.Formats.Images;

/// <summary>The small files that other programs wrote (Samples/make_samples.py).</summary>
internal static class Samples
{
    private static readonly string Folder =
        Path.Combine(SharedFolder.RepositoryRoot, "tests", "Pagoda.Tests", "Formats", "Images", "Samples");

    public static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    public static Picture Picture(string name) => PictureFile.Load(Path.Combine(Folder, name));

    public static IEnumerable<string> Names() =>
        Directory.EnumerateFiles(Folder).Select(path => Path.GetFileName(path)!)
            .Where(name => !name.EndsWith(".py", StringComparison.Ordinal) && !name.EndsWith(".pillow.png", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
}
