using System.Diagnostics;

namespace Pagoda.Tests.Cli;

/// <summary>The last lines of ./test (eng/summary.awk).</summary>
public sealed class TestSummaryTests
{
    private const string Results = """
        <TestRun><Results>
        <UnitTestResult executionId="1" testName="A.Passes" outcome="Passed"><Output><StdOut>noise</StdOut></Output></UnitTestResult>
        <UnitTestResult executionId="2" testName="A.Theory(text: &quot;a &lt;b&gt; &amp;&quot;)" outcome="Passed" />
        <UnitTestResult executionId="3" testName="A.Needs" outcome="NotExecuted"><Output><ErrorInfo><Message>needs
          a file</Message></ErrorInfo></Output></UnitTestResult>
        """;

    private const string Failure = """
        <UnitTestResult executionId="4" testName="A.Fails&amp;Falls" outcome="Failed"><Output><ErrorInfo><Message>Assert</Message></ErrorInfo></Output></UnitTestResult>
        """;

    [Theory]
    [InlineData(Results, 0, 0, "  skipped A.Needs: needs a file\n2 passed, 0 failed, 1 skipped\n")]
    [InlineData(Results + Failure, 1, 1, "  skipped A.Needs: needs a file\n  failed A.Fails&Falls\n2 passed, 1 failed, 1 skipped\n")]
    [InlineData(Results, 134, 1, "  skipped A.Needs: needs a file\nthe test program ended with exit code 134\n2 passed, 1 failed, 1 skipped\n")]
    [InlineData("<TestRun>", 0, 1, "no test ran; does the filter match a name?\n0 passed, 0 failed, 0 skipped\n")]
    public async Task Summary_Results_CountsAndExitCode(string results, int status, int code, string expected)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, results);
            var script = Path.Combine(SharedFolder.RepositoryRoot, "eng", "summary.awk");
            using var process = Process.Start(new ProcessStartInfo("awk", ["-v", $"status={status}", "-f", script, file]) { RedirectStandardOutput = true })!;
            Assert.Equal(expected, await process.StandardOutput.ReadToEndAsync());
            await process.WaitForExitAsync();
            Assert.Equal(code, process.ExitCode);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
