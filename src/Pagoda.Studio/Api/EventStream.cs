using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Pagoda.Studio.Jobs;

namespace Pagoda.Studio.Api;

/// <summary>Server-sent events.</summary>
internal static class EventStream
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>Begins an answer of events.</summary>
    public static async Task BeginAsync(HttpContext http)
    {
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        await http.Response.StartAsync(http.RequestAborted);
    }

    /// <summary>Sends what happens until the client goes, the server closes, or the job ends.</summary>
    /// <param name="http">The request.</param>
    /// <param name="studio">Where it happens.</param>
    /// <param name="subscription">What to send.</param>
    /// <param name="snapshot">What there is now, to be sent first.</param>
    /// <param name="job">The job after whose end there is nothing more; null for none.</param>
    public static async Task SendAsync(HttpContext http, Jobs.Studio studio, EventHub.Subscription subscription, Func<object> snapshot, Job? job)
    {
        await BeginAsync(http);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, studio.Closing);
        try
        {
            // Asked under the server's lock, under which a job's end is told too: what follows an ended job is in the subscription already.
            var ended = job is not null && !studio.IsActive(job);
            await http.Response.Body.WriteAsync(EventHub.Message("snapshot", snapshot()), either.Token);
            while (!ended || subscription.HasMore)
            {
                await http.Response.Body.FlushAsync(either.Token);
                var message = await subscription.NextAsync(s_patience, either.Token);
                if (message is null)
                {
                    return;
                }

                await http.Response.Body.WriteAsync(message.Length == 0 ? ": \n\n"u8.ToArray() : message, either.Token);
                ended = job is not null && !studio.IsActive(job);
            }

            await http.Response.Body.FlushAsync(either.Token);
        }
        catch (Exception problem) when (problem is OperationCanceledException or IOException)
        {
            // The client has gone, or the server goes.
        }
    }
}
