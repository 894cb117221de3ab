using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Pagoda.Studio.Api;

/// <summary>Stands before everything: lets in who may come in, turns whatever goes wrong into an answer, and counts.</summary>
internal sealed class Guard(StudioOptions options, Jobs.Studio studio, ILogger log)
{
    private readonly byte[]? _key = options.Key is null ? null : Hash(options.Key);

    public async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        var clock = Stopwatch.GetTimestamp();
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        try
        {
            CheckOrigin(http.Request);
            await next(http);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered.
        }
        catch (Exception problem)
        {
            await AnswerAsync(http, ToError(problem));
        }

        var time = Stopwatch.GetElapsedTime(clock);
        var pattern = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "other";
        studio.Metrics.Request(Known(http.Request.Method), pattern, http.Response.StatusCode, time);
        if (http.Response.StatusCode >= 500 || !HttpMethods.IsGet(http.Request.Method))
        {
            log.LogInformation("{Method} {Path} {Status} in {Milliseconds:0.0} ms for {Client}", Known(http.Request.Method), pattern, http.Response.StatusCode, time.TotalMilliseconds, http.Connection.RemoteIpAddress);
        }
    }

    /// <summary>Refuses who has no key; runs once it is known what is asked for.</summary>
    public async Task CheckKeyAsync(HttpContext http, RequestDelegate next)
    {
        var metadata = http.GetEndpoint()?.Metadata;
        var open = metadata?.GetMetadata<Operation>()?.IsOpen == true || metadata?.GetMetadata<Page.OpenToAll>() is not null;
        if (_key is not null && !open && !IsKey(http.Request.Headers.Authorization))
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            throw new ApiException(401, "invalid_request_error", "This server needs its key: send it as Authorization: Bearer KEY.", null, "invalid_api_key");
        }

        await next(http);
    }

    /// <summary>Writes an error, as far as the answer has not begun.</summary>
    public static async Task AnswerAsync(HttpContext http, ApiException error)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }

        // Some headers belong to the answer that there would have been.
        http.Response.Headers.Remove("Content-Disposition");
        http.Response.Headers.Remove("Content-Length");
        http.Response.Headers.CacheControl = "no-store";
        http.Response.StatusCode = error.Status;
        if (error.Status is 429 or 503)
        {
            http.Response.Headers.RetryAfter = "5";
        }

        await http.Response.WriteAsJsonAsync(Body(error), StudioJson.Options);
    }

    /// <summary>An error in OpenAI's form.</summary>
    public static object Body(ApiException error) => new { error = new { message = error.Message, type = error.Type, param = error.Param, code = error.Code } };

    /// <summary>What a client is told of a problem.</summary>
    public ApiException ToError(Exception problem)
    {
        switch (problem)
        {
            case ApiException known:
                return known;
            case BadHttpRequestException { StatusCode: 413 }:
                return Requests.TooLarge(options.Limits.UploadBytes);
            case BadHttpRequestException bad:
                return new ApiException(bad.StatusCode, "invalid_request_error", bad.Message, null, "bad_request");
            default:
                log.LogError(problem, "a request failed");
                return new ApiException(500, "server_error", problem is IOException ? $"The disk refuses: {problem.Message}" : "Something unexpected went wrong; the server's log says more.", null, "internal_error");
        }
    }

    private static string Known(string method) => method is "GET" or "POST" or "PUT" or "PATCH" or "DELETE" or "HEAD" or "OPTIONS" ? method : "other";

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private bool IsKey(string? authorization) =>
        authorization is not null && authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(Hash(authorization["Bearer ".Length..].Trim()), _key);

    /// <summary>
    /// Refuses what pages of other sites send: without a key, being on this machine is all that lets a client in, and a browser on this machine
    /// carries strangers' pages, also under names that they make point here.
    /// </summary>
    private void CheckOrigin(HttpRequest request)
    {
        if (options.Key is null && !IsLoopback(request.Host.Host))
        {
            throw new ApiException(403, "invalid_request_error", "This server is asked under a name that is not this machine's; use http://127.0.0.1, or set a key.", null, "wrong_host");
        }

        if (request.Headers.Origin is [{ Length: > 0 } origin] && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority == request.Host.Value))
        {
            throw new ApiException(403, "invalid_request_error", "Pages of other sites may not use this server.", null, "wrong_origin");
        }
    }

    private static bool IsLoopback(string host) => host is "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
