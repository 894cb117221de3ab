namespace Pagoda.Torch;

/// <summary>The shared libraries that are in this process, which is more than what was asked for: links and alternatives are resolved.</summary>
public sealed class MappedLibraries
{
    private readonly IReadOnlyList<string> _paths;

    private MappedLibraries(IReadOnlyList<string> paths) => _paths = paths;

    /// <summary>The file of the BLAS; <see langword="null"/> when libtorch has one inside.</summary>
    public string? Blas => Find("libopenblas", "libmkl_rt", "libmkl_core", "libblis", "libblas.", "libnvpl_blas", "libarmpl");

    /// <summary>Those of now; none where the system does not list them.</summary>
    public static MappedLibraries Read()
    {
        const string file = "/proc/self/maps";
        return Parse(File.Exists(file) ? File.ReadAllText(file) : "");
    }

    /// <summary>The full path of the first library whose file name begins so; <see langword="null"/> when there is none.</summary>
    public string? Find(params string[] beginnings) =>
        _paths.FirstOrDefault(path => beginnings.Any(beginning => Path.GetFileName(path).StartsWith(beginning, StringComparison.Ordinal)));

    internal static MappedLibraries Parse(string maps) => new(
    [
        .. maps.Split('\n')
            .Select(line => line.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? line[slash..] : "")
            .Where(path => path.Contains(".so", StringComparison.Ordinal))
            .Distinct(),
    ]);
}
