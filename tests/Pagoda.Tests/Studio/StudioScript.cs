using System.Diagnostics;

namespace Pagoda.Tests.Studio;

/// <summary>A scenario of a script in tests/studio, run by Node: a client library against the server.</summary>
internal static class StudioScript
{
    public static string Folder { get; } = Path.Combine(SharedFolder.RepositoryRoot, "tests", "studio");

    /// <summary>How long a scenario may take on a machine that does much else.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(5);

    /// <summary>Runs one; what it says is why a test fails.</summary>
    public static async Task RunAsync(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("node") { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments.Prepend(script))
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Patience);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{script} {arguments[0]} did not end within {Patience.TotalMinutes} minutes: {await output}{await error}");
        }

        Assert.True(process.ExitCode == 0, $"{script} {arguments[0]}: {await output}{await error}");
    }
}

/// <summary>A theory that needs Node and packages of tests/studio; skipped, with the reason, where they are not there.</summary>
internal sealed class StudioScriptTheoryAttribute : TheoryAttribute
{
    public StudioScriptTheoryAttribute(string package, bool browser = false)
    {
        Skip = !OnPath("node") ? "needs Node.js, which is not on this machine"
            : !Directory.Exists(Path.Combine(StudioScript.Folder, "node_modules", package)) ? $"needs the npm package {package} (npm ci in tests/studio), which is not on this machine"
            : browser && !OnPath("chromium") ? "needs Chromium, which is not on this machine" : null;
    }

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
}
