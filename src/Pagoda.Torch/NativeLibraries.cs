using System.Runtime.InteropServices;

namespace Pagoda.Torch;

/// <summary>Finds and loads the native halves of Pagoda (<c>libpagoda_torch.so</c>, <c>libpagoda_codecs.so</c>).</summary>
public static class NativeLibraries
{
    /// <summary>
    /// Loads a library by its short name (<c>pagoda_torch</c>). Looked for in the folder that the environment variable
    /// <c>PAGODA_NATIVE</c> names, beside the program, and in <c>build/native</c> of every folder above it.
    /// </summary>
    /// <returns>The handle for <see cref="NativeLibrary.GetExport"/>.</returns>
    /// <exception cref="DllNotFoundException">No folder has it, or one of the libraries it needs is missing.</exception>
    public static nint Load(string name)
    {
        var path = Find(name) ?? throw new DllNotFoundException(
            $"lib{name}.so was not found beside the program or in build/native: build it with ./run doctor, or name its folder in PAGODA_NATIVE.");
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException error)
        {
            throw new DllNotFoundException($"{path} cannot be loaded ({error.Message.Split('\n')[0].Trim()}): ./run doctor tells what to install.", error);
        }
    }

    /// <summary>The file <see cref="Load"/> would load, or null.</summary>
    public static string? Find(string name)
    {
        var file = $"lib{name}.so";
        return Folders().Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);
    }

    private static IEnumerable<string> Folders()
    {
        if (Environment.GetEnvironmentVariable("PAGODA_NATIVE") is { Length: > 0 } named)
        {
            yield return named;
        }

        yield return AppContext.BaseDirectory;
        yield return Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native");
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            yield return Path.Combine(folder.FullName, "build", "native");
        }
    }
}
