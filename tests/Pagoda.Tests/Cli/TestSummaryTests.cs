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
    public Task Summary_Results_CountsAndExitCode(string results, int status, int code, string expected) => Check([results], status, code, expected);

    [Fact]
    public Task Summary_OfSeveralHosts_IsTheirSum() => Check([Results, "<TestRun>", Results + Failure], 1, 1, """
          skipped A.Needs: needs a file
          skipped A.Needs: needs a file
          failed A.Fails&Falls
        4 passed, 1 failed, 2 skipped

        """);

    private static async Task Check(string[] results, int status, int code, string expected)
    {
        var folder = Directory.CreateTempSubdirectory("pagoda-summary-");
        try
        {
            string[] files = [.. results.Select((_, i) => Path.Combine(folder.FullName, $"{i}.trx"))];
            await Task.WhenAll(results.Zip(files, (text, file) => File.WriteAllTextAsync(file, text)));
            var script = Path.Combine(SharedFolder.RepositoryRoot, "eng", "summary.awk");
            using var process = Process.Start(new ProcessStartInfo("awk", ["-v", $"status={status}", "-f", script, .. files]) { RedirectStandardOutput = true })!;
            Assert.Equal(expected, await process.StandardOutput.ReadToEndAsync());
            await process.WaitForExitAsync();
            Assert.Equal(code, process.ExitCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
