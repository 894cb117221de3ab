using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Pagoda.Generation.Provenance;
using Pagoda.Torch;

namespace Pagoda.Studio.Api;

/// <summary>What the server is and how it does.</summary>
internal static class InfoApi
{
    public static IEnumerable<Operation> Operations(Jobs.Studio studio, StudioOptions options, IReadOnlyList<Device> devices) =>
    [
        new("GET", "/api/info", "getInfo", "server", "What this server is, has and allows.", _ => Task.FromResult<object?>(Info(studio, options, devices))) { Result = "Object" },
        new("GET", "/health", "getHealth", "server", "Whether the server is well.", _ => Task.FromResult<object?>(new { status = "ok", version = ProductVersion.Text, queued = studio.Queued, running = studio.Running })) { Result = "Object", IsOpen = true },
        new("GET", "/metrics", "getMetrics", "server", "Numbers for Prometheus.", http => MetricsAsync(studio, http)) { Result = "text/plain" },
    ];

    private static object Info(Jobs.Studio studio, StudioOptions options, IReadOnlyList<Device> devices) => new
    {
        version = ProductVersion.Text,
        device = devices[0].ToString(),
        devices = devices.Select(device => device.ToString()),
        threads = LibTorch.Threads,
        models = studio.Models.Names.Select(name => new { name, methods = studio.Models.MethodsOf(name), loaded = studio.Models.IsLoaded(name) }),
        limits = new
        {
            options.Limits.Size, options.Limits.Steps, options.Limits.Count, options.Limits.Queue, options.Limits.UploadBytes, options.Limits.PromptLength, options.Limits.GridCells,
        },
        keyRequired = options.Key is not null,
    };

    private static async Task<object?> MetricsAsync(Jobs.Studio studio, HttpContext http)
    {
        using var process = Process.GetCurrentProcess();
        http.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await http.Response.WriteAsync(studio.Metrics.Write(
            ("pagoda_jobs_queued", "Jobs that wait.", studio.Queued),
            ("pagoda_jobs_running", "Jobs that run.", studio.Running),
            ("pagoda_pictures_kept", "Pictures in the gallery.", studio.Kept),
            ("pagoda_watchers", "Connections that watch.", studio.Events.Count),
            ("pagoda_live_tensors", "Tensors of libtorch that are alive.", LibTorch.LiveTensors),
            ("process_resident_memory_bytes", "Resident memory.", process.WorkingSet64),
            ("process_cpu_seconds_total", "Processor time.", process.TotalProcessorTime.TotalSeconds),
            ("process_start_time_seconds", "When the process began.", new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1e3)), http.RequestAborted);
        return null;
    }
}
