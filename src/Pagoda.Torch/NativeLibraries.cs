using System.Runtime.InteropServices;

namespace Pagoda.Torch;

/// <summary>
/// Finds Pagoda's own native libraries: in the folder that <c>PAGODA_NATIVE</c> names, else beside the program, else
/// where the runtime found the native files of packages (<c>runtimes/&lt;platform&gt;/native</c>), else in <c>build/native</c> of a folder above it (a source checkout).
/// </summary>
public static partial class NativeLibraries
{
    private static readonly Dictionary<string, nint> Loaded = [];

    static NativeLibraries()
    {
        if (OperatingSystem.IsLinux())
        {
            // The C library's environment, which .NET's is only a copy of, is what native code reads while it is loaded.
            foreach (var (name, value) in LibTorch.ProcessorSettings)
            {
                _ = SetEnvironment(name, value, overwrite: 0);
            }
        }
    }

    /// <summary>The handle of the library <paramref name="name"/> (without prefix and extension: <c>pagoda_codecs</c>).</summary>
    /// <exception cref="DllNotFoundException">It is nowhere, or something that it needs is missing; the message says what to do.</exception>
    public static nint Load(string name)
    {
        lock (Loaded)
        {
            if (!Loaded.TryGetValue(name, out var handle))
            {
                handle = LoadFrom(Folders(), name);
                Loaded[name] = handle;
            }

            return handle;
        }
    }

    internal static nint LoadFrom(IEnumerable<string> folders, string name)
    {
        var file = FileName(name);
        var searched = new List<string>();
        foreach (var folder in folders)
        {
            var path = Path.GetFullPath(Path.Combine(folder, file));
            if (!File.Exists(path))
            {
                searched.Add(Path.GetDirectoryName(path)!);
                continue;
            }

            try
            {
                return NativeLibrary.Load(path);
            }
            catch (Exception problem) when (problem is DllNotFoundException or BadImageFormatException)
            {
                throw new DllNotFoundException($"{path} cannot be loaded; {Advice(name)} The system says: {problem.Message}", problem);
            }
        }

        throw new DllNotFoundException($"{file} was not found in {string.Join(", ", searched.Distinct())}; {Advice(name)}");
    }

    private static IEnumerable<string> Folders()
    {
        if (Environment.GetEnvironmentVariable("PAGODA_NATIVE") is { Length: > 0 } named)
        {
            yield return named;
        }

        yield return AppContext.BaseDirectory;
        foreach (var folder in (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            yield return folder;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Directory.Exists(Path.Combine(folder.FullName, "build", "native")))
            {
                yield return Path.Combine(folder.FullName, "build", "native");
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    private static string FileName(string name) =>
        OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";

    private static string Advice(string name) => name switch
    {
        "pagoda_codecs" => "run ./run doctor, or install libpng16-16, libjpeg62-turbo, libwebp7, libwebpmux3 and libwebpdemux2.",
        "pagoda_torch" => "run ./run doctor, or install libtorch-dev and libopenblas0-openmp.",
        _ => "run ./run doctor, which says what is missing.",
    };
}
