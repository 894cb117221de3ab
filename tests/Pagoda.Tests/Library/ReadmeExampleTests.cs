using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Recipes;
using Pagoda.Models.Clip;
using Pagoda.Tests.Formats.Checkpoints;
using Pagoda.Tests.Generation;

namespace Pagoda.Tests.Library;

/// <summary>The C# program of the README: compiled as it stands there, run in an empty folder.</summary>
[Trait("Host", "programs")]
public sealed class ReadmeExampleTests : IDisposable
{
    private static readonly string Embedded = Path.Combine(SharedFolder.RepositoryRoot, "models", "emoji");

    private readonly TemporaryFolder _folder = new();

    // In the tests' own folder, where everything that it refers to lies.
    private readonly string _program = Path.Combine(AppContext.BaseDirectory, $"readme-example-{Environment.ProcessId}.dll");

    public void Dispose()
    {
        _folder.Dispose();
        File.Delete(_program);
    }

    [Fact]
    public async Task Example_CompiledAndRun_PaintsTheApple()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(SharedFolder.RepositoryRoot, "README.md"));
        var example = Assert.Single(Regex.Matches(readme, "^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)).Groups[1].Value;
        Compile(example);

        var (models, size) = Models();
        var (code, output, error) = await Run(models);
        Assert.True(code == 0, error);
        var steps = Regex.Matches(output, @"^(\d+)/(\d+) ", RegexOptions.Multiline);
        Assert.Equal(steps[^1].Groups[2].Value, steps[^1].Groups[1].Value);

        var apple = PictureFile.Load(_folder.File("apple.png"));
        Assert.Equal((size, size), (apple.Width, apple.Height));
        Assert.True(apple.Pixels.Distinct().Count() > 16);
    }

    private void Compile(string source)
    {
        // The SDK's implicit usings, which a reader's project has too.
        const string implicitly = "global using System; global using System.IO; global using System.Linq; global using System.Threading.Tasks;";
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var compilation = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(_program),
            [CSharpSyntaxTree.ParseText(source), CSharpSyntaxTree.ParseText(implicitly)],
            platform.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        var problems = compilation.GetDiagnostics().Where(problem => problem.Severity >= DiagnosticSeverity.Warning);
        Assert.Empty(problems);
        Assert.True(compilation.Emit(_program).Success);
    }

    /// <summary>The folder of models to run with, and the size of the pictures: the embedded model, or a tiny one of its name.</summary>
    private (string Folder, int Size) Models()
    {
        if (Directory.Exists(Embedded))
        {
            using var painter = Painter.Load(Embedded);
            return (Path.GetDirectoryName(Embedded)!, painter.Clip.Model.Config.Vision.ImageSize);
        }

        var model = _folder.File(Path.Combine("models", "emoji"));
        ClipSaver.Save(model, TinyClip.Model(), TinyClip.Tokenizer);
        RecipeJson.SetOfModel(model, "energy");
        return (_folder.File("models"), TinyClip.Size);
    }

    private async Task<(int Code, string Output, string Error)> Run(string models)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet")
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var tests = Path.ChangeExtension(typeof(ReadmeExampleTests).Assembly.Location, null);
        string[] arguments = ["exec", "--depsfile", tests + ".deps.json", "--runtimeconfig", tests + ".runtimeconfig.json", _program];
        arguments.ToList().ForEach(start.ArgumentList.Add);
        start.Environment["PAGODA_MODELS"] = models;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
