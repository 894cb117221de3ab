using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Pagoda.Tests.Studio;

/// <summary>One browser for all scenarios of tests/studio/page.mjs, begun by the first. A scenario that does not end costs the next a new one.</summary>
public sealed class StudioPage : IDisposable
{
    private Process? _script;

    /// <summary>Plays a scenario; what it says is why a test fails.</summary>
    public async Task PlayAsync(string scenario, string address, string folder, params string[] key)
    {
        if (_script is not { HasExited: false })
        {
            _script?.Dispose();
            _script = Process.Start(new ProcessStartInfo("node", "page.mjs") { WorkingDirectory = StudioScript.Folder, RedirectStandardInput = true, RedirectStandardOutput = true })!;
        }

        using var patience = new CancellationTokenSource(StudioScript.Patience);
        await _script.StandardInput.WriteLineAsync(new JsonArray([scenario, address, folder, .. key.Select(text => (JsonNode?)text)]).ToJsonString());
        try
        {
            var answer = await _script.StandardOutput.ReadLineAsync(patience.Token);
            Assert.True(answer is not null, $"{scenario}: the browser's script ended");
            var said = JsonNode.Parse(answer)!;
            Assert.True((bool)said["holds"]!, (string)said["said"]!);
        }
        catch (OperationCanceledException)
        {
            _script.Kill(entireProcessTree: true);
            await _script.WaitForExitAsync();
            Assert.Fail($"{scenario} did not end within {StudioScript.Patience.TotalMinutes} minutes");
        }
    }

    public void Dispose()
    {
        if (_script is null)
        {
            return;
        }

        _script.StandardInput.Close();
        if (!_script.WaitForExit(TimeSpan.FromSeconds(30)))
        {
            _script.Kill(entireProcessTree: true);
        }

        _script.Dispose();
    }
}
