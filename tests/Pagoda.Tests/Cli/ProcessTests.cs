using System.Diagnostics;
using System.Runtime.InteropServices;
using Pagoda.Cli;
using Pagoda.Tests.Models.Catalogue;

namespace Pagoda.Tests.Cli;

/// <summary>The program as the shell sees it.</summary>
[Trait("Host", "programs")]
public sealed partial class ProcessTests : IDisposable
{
    private readonly string _cache = Directory.CreateTempSubdirectory("pagoda-cache-").FullName;

    public void Dispose() => Directory.Delete(_cache, recursive: true);

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.ArgumentList.Add(typeof(CommandLine).Assembly.Location);
        arguments.ToList().ForEach(start.ArgumentList.Add);
        start.Environment["PAGODA_CACHE"] = _cache;
        return Process.Start(start)!;
    }

    [Fact]
    public async Task Pull_ThenInterruptedWithCtrlC_KeepsThePartAndEndsWith130()
    {
        using var server = new FaultyServer(new byte[7_289], new FaultyServer.Behaviour(DropAfter: 5_000, Stall: true));
        using var process = Start("models", "pull", "lpips-vgg", "--mirror", server.Root.AbsoluteUri);
        var part = Path.Combine(_cache, "lpips-vgg", "vgg.pth.part");
        // How much of it is on the disk before it ends depends on the pieces in which it arrived.
        var arriving = TimeSpan.FromSeconds(5);
        for (var arrived = Stopwatch.StartNew(); !process.HasExited && arrived.Elapsed < arriving && !(File.Exists(part) && new FileInfo(part).Length == 5_000);)
        {
            await Task.Delay(20);
            if (server.Requests.Count == 0)
            {
                arrived.Restart();
            }
        }

        Assert.Equal(0, Kill(process.Id, 2));
        await process.WaitForExitAsync();
        Assert.Equal(130, process.ExitCode);
        Assert.Equal("pagoda: interrupted", (await process.StandardError.ReadToEndAsync()).TrimEnd());
        Assert.Equal(5_000, new FileInfo(part).Length);
    }

    [Fact]
    public async Task Pull_WrongContent_NothingInTheCache()
    {
        using var server = new FaultyServer(new byte[7_289]);
        using var process = Start("models", "pull", "lpips-vgg", "--mirror", server.Root.AbsoluteUri);
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.Contains("is not the expected file: its SHA-256 is", await process.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_cache, "*", SearchOption.AllDirectories));
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
