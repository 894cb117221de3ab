using System.CommandLine;
using System.Net;
using Pagoda.Cli.Commands.Generate;
using Pagoda.Studio;

namespace Pagoda.Cli.Commands;

/// <summary><c>serve</c>: Pagoda Studio, the web page and the API.</summary>
internal sealed class ServeCommand : IPagodaCommand
{
    private const string KeyVariable = "PAGODA_KEY";
    private static readonly StudioOptions s_own = new();
    private static readonly StudioLimits s_limits = new();

    private readonly Option<string> _host = new("--host") { Description = "The address to listen at; 0.0.0.0 lets other machines in, with a key.", DefaultValueFactory = _ => "127.0.0.1" };
    private readonly Option<int> _port = new("--port") { Description = "The port; 0 for any that is free.", DefaultValueFactory = _ => s_own.Port };
    private readonly Option<string?> _key = new("--key") { Description = $"What clients have to send as Authorization: Bearer KEY; {KeyVariable} by default, which no list of processes shows." };
    private readonly Option<string> _folder = new("--folder") { Description = "Where jobs and pictures are kept.", DefaultValueFactory = _ => StudioOptions.DefaultFolder };
    private readonly Option<string[]> _model = new("--model") { Description = "Models to offer beside those of models/ and the pulled ones: names or paths; the first is for requests that name none.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> _device = new("--device") { Description = "cpu, cuda or cuda:N; several paint a job each. The best at hand by default.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int> _size = Limit("--max-size", "The largest side of a picture in pixels.", s_limits.Size);
    private readonly Option<int> _steps = Limit("--max-steps", "The most steps of a picture.", s_limits.Steps);
    private readonly Option<int> _count = Limit("--max-count", "The most pictures of a job.", s_limits.Count);
    private readonly Option<int> _queue = Limit("--max-queue", "The most jobs that wait; further ones are refused.", s_limits.Queue);
    private readonly Option<int> _upload = Limit("--max-upload", "The most megabytes of an uploaded picture.", (int)(s_limits.UploadBytes / 1_000_000));
    private readonly Option<int> _time = Limit("--request-time", "The most seconds that a request waits for its pictures.", (int)s_limits.RequestTime.TotalSeconds);
    private readonly Option<bool> _json = new("--json-logs") { Description = "Log lines of JSON." };

    public Command Build()
    {
        var command = new ExampleCommand(
            "serve",
            "Serve Pagoda Studio: a web page to paint on, and an API that OpenAI's client libraries speak.",
            ("serve", "Open http://127.0.0.1:7860 in a browser."),
            ("serve --host 0.0.0.0 --key SECRET", "Let other machines in, who know the key."),
            ("serve --model clipag-vit-b-32 emoji --port 8080", "Paint with a pulled model unless another is named."))
        {
            _host, _port, _key, _folder, _model, _device, _size, _steps, _count, _queue, _upload, _time, _json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static Option<int> Limit(string name, string what, int otherwise) => new(name) { Description = what, DefaultValueFactory = _ => otherwise };

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var options = OptionsOf(parsed);
        StudioServer server;
        try
        {
            server = await StudioServer.StartAsync(options, cancel);
        }
        catch (IOException problem) when (problem.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            throw new UsageException($"--port {options.Port} is taken by another program; choose another.");
        }

        await using (server)
        {
            parsed.InvocationConfiguration.Output.WriteLine($"Pagoda Studio at {server.Address}  (Ctrl-C ends it; nothing is lost)");
            parsed.InvocationConfiguration.Output.Flush();
            try
            {
                await Task.Delay(Timeout.Infinite, cancel);
            }
            catch (OperationCanceledException)
            {
                // The way to end it.
            }
        }

        return ExitCodes.Success;
    }

    private StudioOptions OptionsOf(ParseResult parsed)
    {
        var text = parsed.GetValue(_host)!;
        var host = text == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(text, out var address) ? address
            : throw new UsageException($"--host {text} is no address; give one as 127.0.0.1 or 0.0.0.0.");
        var key = parsed.GetValue(_key) ?? Environment.GetEnvironmentVariable(KeyVariable);
        if (string.IsNullOrWhiteSpace(key))
        {
            key = null;
        }

        if (key is null && !IPAddress.IsLoopback(host))
        {
            throw new UsageException($"--host {text} lets other machines in, so a key is needed: give --key, or set {KeyVariable}.");
        }

        if (parsed.GetValue(_port) is < 0 or > 65535)
        {
            throw new UsageException($"--port {parsed.GetValue(_port)} is none; choose 1 to 65535, or 0 for any that is free.");
        }

        string[] models = parsed.GetValue(_model) is { Length: > 0 } named ? named : [s_own.Model];
        return new StudioOptions
        {
            Host = host,
            Port = parsed.GetValue(_port),
            Key = key,
            Folder = Path.GetFullPath(parsed.GetValue(_folder)!),
            Model = models[0],
            Models = models[1..],
            Devices = [.. (parsed.GetValue(_device) ?? []).Select(GenerateOptions.DeviceNamed)],
            JsonLogs = parsed.GetValue(_json),
            Logs = parsed.InvocationConfiguration.Error,
            Limits = s_limits with
            {
                Size = AtLeast(_size, 8),
                Steps = AtLeast(_steps, 1),
                Count = AtLeast(_count, 1),
                Queue = AtLeast(_queue, 1),
                UploadBytes = AtLeast(_upload, 1) * 1_000_000L,
                RequestTime = TimeSpan.FromSeconds(AtLeast(_time, 1)),
            },
        };

        int AtLeast(Option<int> option, int least) => parsed.GetValue(option) >= least ? parsed.GetValue(option)
            : throw new UsageException($"{option.Name} {parsed.GetValue(option)} is out of range; choose {least} or more.");
    }
}
