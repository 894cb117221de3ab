using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Xml.Linq;
using Pagoda.Generation;
using Pagoda.Tests.Formats.Checkpoints;

namespace Pagoda.Tests.Library;

/// <summary>The packages that <c>dotnet pack</c> makes of what was built.</summary>
[Trait("Host", "programs")]
public sealed class PackagesTests : IDisposable
{
    private static readonly string[] Libraries = ["Pagoda.Data", "Pagoda.Evaluation", "Pagoda.Formats", "Pagoda.Generation", "Pagoda.Models", "Pagoda.Studio", "Pagoda.Torch", "Pagoda.Training"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pack_MakesOnePackageOfEachLibrary_WithAllThatItNeeds()
    {
        await Pack();
        var packages = Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal).ToList();
        var ending = $".{typeof(Painter).Assembly.GetName().Version!.ToString(3)}.nupkg";
        Assert.Equal(Libraries, packages.Select(path => Path.GetFileName(path).Replace(ending, "", StringComparison.Ordinal)));
        foreach (var (library, path) in Libraries.Zip(packages))
        {
            using var package = ZipFile.OpenRead(path);
            var files = package.Entries.Select(entry => entry.FullName).ToHashSet();
            string[] expected = [$"lib/net10.0/{library}.dll", $"lib/net10.0/{library}.xml", "README.md", "NOTICE"];
            Assert.Empty(expected.Except(files));
            Assert.DoesNotContain(files, file => file.Contains("Generator", StringComparison.Ordinal));
            CheckMetadata(package.GetEntry($"{library}.nuspec")!);
        }

        CheckNative(packages[Array.IndexOf(Libraries, "Pagoda.Torch")], "libpagoda_torch.so", "native/CMakeLists.txt", "native/torch/torch.cpp", "native/codecs/png.cpp");
        CheckNative(packages[Array.IndexOf(Libraries, "Pagoda.Formats")], "libpagoda_codecs.so");
    }

    private static void CheckMetadata(ZipArchiveEntry specification)
    {
        using var stream = specification.Open();
        var metadata = XDocument.Load(stream).Root!.Elements().Single();
        var name = metadata.Name.Namespace;
        Assert.Equal("MIT", metadata.Element(name + "license")?.Value);
        Assert.Equal("README.md", metadata.Element(name + "readme")?.Value);
        Assert.NotEqual("Package Description", metadata.Element(name + "description")?.Value);
        Assert.Null(metadata.Element(name + "repository")?.Attribute("url"));
        var others = metadata.Descendants(name + "dependency").Select(dependency => dependency.Attribute("id")!.Value);
        Assert.All(others, other => Assert.True(Libraries.Contains(other) || other == "YamlDotNet", other));
    }

    /// <summary>The library if it was built in this checkout, and the sources in any case.</summary>
    private static void CheckNative(string path, string library, params string[] sources)
    {
        using var package = ZipFile.OpenRead(path);
        var files = package.Entries.Select(entry => entry.FullName).ToList();
        Assert.All(sources, source => Assert.Contains(source, files));
        var isBuilt = File.Exists(Path.Combine(SharedFolder.RepositoryRoot, "build", "native", library));
        Assert.Equal(isBuilt ? 1 : 0, files.Count(file => file.StartsWith("runtimes/", StringComparison.Ordinal) && file.EndsWith($"/native/{library}", StringComparison.Ordinal)));
    }

    private async Task Pack()
    {
        var configuration = typeof(PackagesTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet")
        {
            WorkingDirectory = SharedFolder.RepositoryRoot,
            RedirectStandardOutput = true,
        };
        string[] arguments = ["pack", "Pagoda.slnx", "--no-build", "-c", configuration, "-o", _folder.Path, "--nologo", "--tl:off", "-nodeReuse:false"];
        arguments.ToList().ForEach(start.ArgumentList.Add);
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, output);
    }
}
