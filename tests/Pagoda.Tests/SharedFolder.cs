[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Pagoda.Tests;

/// <summary>
/// The development data beside the checkout (fixtures of the reference implementations, pictures, vocabularies).
/// <c>PAGODA_SHARED</c> names another place for it.
/// </summary>
internal static class SharedFolder
{
    public static string RepositoryRoot { get; } = FindUp("Pagoda.slnx");

    public static string Path { get; } =
        Environment.GetEnvironmentVariable("PAGODA_SHARED") is { Length: > 0 } named
            ? named
            : System.IO.Path.GetFullPath(System.IO.Path.Combine(RepositoryRoot, "..", "shared"));

    public static string File(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    private static string FindUp(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(System.IO.Path.Combine(folder.FullName, name)))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} has {name}.");
    }
}

/// <summary>A test that needs a file of the shared folder; skipped, with the reason, where it is not there.</summary>
public sealed class SharedFactAttribute : FactAttribute
{
    public SharedFactAttribute(params string[] parts)
    {
        var path = SharedFolder.File(parts);
        if (!System.IO.File.Exists(path) && !Directory.Exists(path))
        {
            Skip = $"needs ../shared/{string.Join('/', parts)}, which is not on this machine";
        }
    }
}

/// <summary>A theory that needs a file of the shared folder; skipped, with the reason, where it is not there.</summary>
public sealed class SharedTheoryAttribute : TheoryAttribute
{
    public SharedTheoryAttribute(params string[] parts) => Skip = new SharedFactAttribute(parts).Skip;
}
