using Pagoda.Torch;

namespace Pagoda.Tests.Torch;

public class NativeLibrariesTests
{
    [Fact]
    public void Load_GivesOneHandle() =>
        Assert.Equal(NativeLibraries.Load("pagoda_codecs"), NativeLibraries.Load("pagoda_codecs"));

    [Fact]
    public void Load_SaysWhereItLookedAndWhatToDo()
    {
        var message = Assert.Throws<DllNotFoundException>(() => NativeLibraries.Load("pagoda_nothing")).Message;
        Assert.Contains("pagoda_nothing", message, StringComparison.Ordinal);
        Assert.Contains(AppContext.BaseDirectory.TrimEnd('/'), message, StringComparison.Ordinal);
        Assert.Contains("./run doctor", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NamesALibraryThatIsBroken()
    {
        var folder = Directory.CreateTempSubdirectory("pagoda-native");
        try
        {
            var path = Path.Combine(folder.FullName, "libpagoda_codecs.so");
            File.WriteAllText(path, "not a library");
            var message = Assert.Throws<DllNotFoundException>(() => NativeLibraries.LoadFrom([folder.FullName], "pagoda_codecs")).Message;
            Assert.Contains(path, message, StringComparison.Ordinal);
            Assert.Contains("libwebp7", message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [DebianLibtorchFact]
    public void Load_WhatLibtorchTakesNothingFrom_IsLeftOut()
    {
        _ = LibTorch.Version;
        var libraries = MappedLibraries.Read();
        Assert.NotNull(libraries.Find("libtorch_cpu"));
        Assert.NotNull(libraries.Find("libdnnl"));
        Assert.Null(libraries.Find("libopencv_", "libavcodec", "libgdal"));
    }

    private sealed class DebianLibtorchFactAttribute : FactAttribute
    {
        public DebianLibtorchFactAttribute() =>
            Skip = Environment.GetEnvironmentVariable("PAGODA_TORCH") is { Length: > 0 } || !File.Exists("/usr/share/doc/libtorch-dev/copyright")
                ? "needs Debian's libtorch" : null;
    }
}
