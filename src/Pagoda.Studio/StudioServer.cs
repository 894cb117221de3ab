using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pagoda.Studio.Api;
using Pagoda.Studio.Painting;
using Pagoda.Torch;

namespace Pagoda.Studio;

/// <summary>Pagoda Studio: a web page to paint on, and an API for programs.</summary>
public sealed class StudioServer : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly Jobs.Studio _studio;
    private readonly List<Task> _painting;

    private StudioServer(WebApplication web, Jobs.Studio studio, List<Task> painting) => (_web, _studio, _painting) = (web, studio, painting);

    /// <summary>Where it listens, as <c>http://127.0.0.1:7860</c>.</summary>
    public string Address => _web.Urls.First();

    /// <summary>Starts a server.</summary>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="ArgumentException">It would listen beyond this machine without a key.</exception>
    /// <exception cref="InvalidOperationException">Another server has the folder.</exception>
    /// <exception cref="FileNotFoundException">A model is not there.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<StudioServer> StartAsync(StudioOptions options, CancellationToken cancellation = default)
    {
        if (options.Key is null && !IPAddress.IsLoopback(options.Host))
        {
            throw new ArgumentException($"Listening at {options.Host} lets others in, so a key is needed: set one that clients have to send as \"Authorization: Bearer KEY\", or listen at 127.0.0.1.", nameof(options));
        }

        IReadOnlyList<Device> devices = options.Devices.Count > 0 ? options.Devices : [LibTorch.DefaultDevice];
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(new LineLogs(options.Logs ?? Console.Error, options.JsonLogs));
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(options.Host, options.Port, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Limits.MaxRequestBodySize = (2 * options.Limits.UploadBytes) + (1 << 20);
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            kestrel.Limits.MaxConcurrentConnections = 2000;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        // Ctrl-C is the program's, which may have more to do than to serve.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();

        var web = builder.Build();
        var log = web.Services.GetRequiredService<ILoggerFactory>().CreateLogger("studio");
        var studio = new Jobs.Studio(options, log);
        try
        {
            var guard = new Guard(options, studio, log);
            web.Use(guard.InvokeAsync);
            web.UseRouting();
            web.Use(guard.CheckKeyAsync);
            Map(web, options, studio, devices);
            await web.StartAsync(cancellation);
        }
        catch
        {
            await studio.DisposeAsync();
            await web.DisposeAsync();
            throw;
        }

        var painting = devices.Select(device => Task.Run(() => new JobPainter(studio, device, log).RunAsync())).ToList();
        return new StudioServer(web, studio, painting);
    }

    /// <summary>Stops: no further requests, what runs ends within its step and is begun again by the next server.</summary>
    public async ValueTask DisposeAsync()
    {
        await _studio.CloseAsync();
        await _web.StopAsync();
        await Task.WhenAll(_painting);
        await _studio.DisposeAsync();
        await _web.DisposeAsync();
    }

    private static void Map(WebApplication web, StudioOptions options, Jobs.Studio studio, IReadOnlyList<Device> devices)
    {
        List<Operation> operations =
        [
            .. JobsApi.Operations(studio, options.Limits),
            .. PicturesApi.Operations(studio, options.Limits),
            .. InfoApi.Operations(studio, options, devices),
        ];
        var document = OpenApiDocument.Of(operations, studio.Settings, options.Key is not null, []).ToJsonString(StudioJson.Options);
        foreach (var operation in operations)
        {
            web.MapMethods(operation.Path, [operation.Verb], async http =>
            {
                var answer = await operation.Answer(http);
                if (answer is not null)
                {
                    http.Response.StatusCode = operation.Status;
                    await http.Response.WriteAsJsonAsync(answer, answer.GetType(), StudioJson.Options, http.RequestAborted);
                }
                else if (operation.Status == 204)
                {
                    http.Response.StatusCode = operation.Status;
                }
            }).WithMetadata(operation);
        }

        foreach (var path in operations.GroupBy(operation => operation.Path))
        {
            var verbs = string.Join(", ", path.Select(operation => operation.Verb));
            web.Map(path.Key, http =>
            {
                http.Response.Headers.Allow = verbs;
                throw new ApiException(405, "invalid_request_error", $"That cannot be done here; there is {verbs}.", null, "method_not_allowed");
            });
        }

        web.MapGet("/openapi.json", http =>
        {
            http.Response.ContentType = "application/json; charset=utf-8";
            return http.Response.WriteAsync(document, http.RequestAborted);
        });
        Page.Map(web);
        web.MapFallback(http => throw ApiException.Missing($"There is nothing at {(http.Request.Path.Value is { Length: <= 60 } path ? path : "this address")}; /openapi.json says what there is."));
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
