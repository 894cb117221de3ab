using Pagoda.Cli;
using Pagoda.Tests.Cli;

namespace Pagoda.Tests.Studio;

[Trait("Host", "programs")]
public sealed class ServeCommandTests
{
    [Theory]
    [InlineData("--host 0.0.0.0", "so a key is needed")]
    [InlineData("--host nowhere", "is no address")]
    [InlineData("--port 99999", "--port 99999")]
    [InlineData("--max-size 4", "--max-size 4")]
    [InlineData("--device cuda:99", "no device cuda:99")]
    public async Task Serve_WrongUse_SaysSoAndEndsWithTwo(string arguments, string expected)
    {
        using var error = new StringWriter();
        Assert.Equal(ExitCodes.Usage, await CommandLine.RunAsync(["serve", .. arguments.Split(' ')], TextWriter.Null, error));
        Assert.Contains(expected, error.ToString());
    }

    [Fact]
    public async Task Serve_PortTakenOrFolderInUse_SaysWhich()
    {
        await using var studio = await RunningStudio.StartAsync();
        using var error = new StringWriter();
        var other = Directory.CreateTempSubdirectory("pagoda-serve-").FullName;
        Assert.Equal(ExitCodes.Usage, await CommandLine.RunAsync(["serve", "--port", $"{new Uri(studio.Address).Port}", "--folder", other], TextWriter.Null, error));
        Assert.Contains("taken by another program", error.ToString());
        Assert.Equal(ExitCodes.Failure, await CommandLine.RunAsync(["serve", "--port", "0", "--folder", studio.Options.Folder], TextWriter.Null, error));
        Assert.Contains("another Pagoda Studio serves from this folder", error.ToString());
        Directory.Delete(other, recursive: true);
    }

    [Fact]
    public async Task Serve_Interrupted_EndsWithNothingLost()
    {
        var folder = Directory.CreateTempSubdirectory("pagoda-serve-").FullName;
        using var output = new FirstLine();
        using var stop = new CancellationTokenSource();
        var running = CommandLine.RunAsync(["serve", "--port", "0", "--folder", folder], output, TextWriter.Null, stop.Token);
        await output.Or(running);
        await stop.CancelAsync();
        Assert.Equal(ExitCodes.Success, await running);
        Assert.StartsWith("Pagoda Studio at http://127.0.0.1:", output.ToString());
        Directory.Delete(folder, recursive: true);
    }
}
