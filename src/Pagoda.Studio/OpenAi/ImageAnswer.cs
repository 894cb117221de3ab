using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Pagoda.Formats.Images;
using Pagoda.Studio.Api;
using Pagoda.Studio.Jobs;

namespace Pagoda.Studio.OpenAi;

/// <summary>Waits for a job's pictures and gives them to a client in OpenAI's form.</summary>
internal sealed class ImageAnswer(Jobs.Studio studio, StudioLimits limits, HttpContext http, ImageRequest request, Job job)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>Sends the pictures when they are there, or events while they are painted.</summary>
    /// <param name="kind">What events are called after.</param>
    /// <returns>The answer; null when it was sent as events.</returns>
    /// <exception cref="ApiException">There will be no pictures.</exception>
    public async Task<object?> SendAsync(string kind)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Min(limits.RequestTime.TotalMilliseconds, int.MaxValue)));
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, studio.Closing, late.Token);
        try
        {
            if (request.Stream)
            {
                await StreamAsync(kind, ends.Token);
                return null;
            }

            await job.Ended.Task.WaitAsync(ends.Token);
            return await WholeAsync();
        }
        catch (Exception problem) when (!http.RequestAborted.IsCancellationRequested)
        {
            var told = problem is OperationCanceledException ? OutOfTime() : problem;
            if (!http.Response.HasStarted)
            {
                throw told == problem ? Rethrown(problem) : told;
            }

            // The client library makes an exception of this; the status was sent long ago.
            var error = told as ApiException ?? new ApiException(500, "server_error", "Something unexpected went wrong; the server's log says more.", null, "internal_error");
            await http.Response.Body.WriteAsync(EventHub.Message("error", Guard.Body(error)), http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            return told is ApiException ? null : throw Rethrown(problem);
        }
    }

    private static Exception Rethrown(Exception problem)
    {
        System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(problem);
        return problem;
    }

    private async Task<object> WholeAsync()
    {
        var view = studio.ViewOf(job);
        CheckEnd(view);
        List<object> data = [];
        foreach (var picture in view.Pictures.OrderBy(picture => picture.Index))
        {
            var bytes = await BytesOfAsync(picture);
            data.Add(new
            {
                b64_json = request.Response == "url" ? null : Convert.ToBase64String(bytes),
                url = request.Response == "b64_json" ? null : UrlOf(picture, bytes),
                id = picture.Id,
                seed = picture.Seed,
            });
        }

        return new
        {
            created = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            background = "opaque",
            data,
            output_format = request.Format,
            quality = request.Quality,
            size = view.Pictures is [var first, ..] ? SizeOf(first.Width, first.Height) : null,
            usage = Usage(),
        };
    }

    private async Task StreamAsync(string kind, CancellationToken ends)
    {
        using var subscription = studio.Events.Subscribe(job.Id);
        var sent = new HashSet<int>();
        var partials = new Partials(request.Partials);
        while (true)
        {
            // Asked after each message: the state is set before its message goes out.
            var view = studio.ViewOf(job);
            foreach (var picture in view.Pictures.OrderBy(picture => picture.Index).Where(picture => !picture.Interrupted && sent.Add(picture.Index)))
            {
                await SendAsync($"{kind}.completed", new
                {
                    type = $"{kind}.completed",
                    b64_json = Convert.ToBase64String(await BytesOfAsync(picture)),
                    created_at = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
                    size = SizeOf(picture.Width, picture.Height),
                    quality = request.Quality,
                    background = "opaque",
                    output_format = request.Format,
                    usage = Usage(),
                    index = picture.Index,
                    id = picture.Id,
                    seed = picture.Seed,
                });
            }

            if (view.State is not (JobState.Queued or JobState.Running))
            {
                CheckEnd(view);
                return;
            }

            var message = await subscription.NextAsync(s_patience, ends);
            if (message is { Length: 0 })
            {
                await BeginAsync();
                await http.Response.WriteAsync(": \n\n", http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
            }
            else if (message is not null && request.Partials > 0 && Preview.Of(message) is { } preview && !sent.Contains(preview.Index) && partials.Next(preview.Index, preview.Step, preview.Steps) is { } number)
            {
                var (bytes, size) = await Task.Run(() => preview.As(request), ends);
                await SendAsync($"{kind}.partial_image", new
                {
                    type = $"{kind}.partial_image",
                    b64_json = Convert.ToBase64String(bytes),
                    partial_image_index = number,
                    created_at = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
                    size,
                    quality = request.Quality,
                    background = "opaque",
                    output_format = request.Format,
                    index = preview.Index,
                });
            }
        }
    }

    /// <summary>Begins the events with the first of them: what goes wrong before has a status of its own.</summary>
    private Task BeginAsync() => http.Response.HasStarted ? Task.CompletedTask : EventStream.BeginAsync(http);

    private async Task SendAsync(string name, object data)
    {
        await BeginAsync();
        await http.Response.Body.WriteAsync(EventHub.Message(name, data), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    private void CheckEnd(JobView view)
    {
        if (view.State == JobState.Done)
        {
            return;
        }

        NotAgain();
        throw view.State == JobState.Cancelled ? new ApiException(409, "invalid_request_error", "The job was cancelled while it was waited for.", null, "job_cancelled")
            : job.IsRefused ? ApiException.Invalid(view.Error!, code: "cannot_be_painted")
            : new ApiException(500, "server_error", view.Error!, null, "painting_failed");
    }

    private ApiException OutOfTime()
    {
        if (studio.Closing.IsCancellationRequested)
        {
            return ApiException.Busy("The server is stopping.", 503, "stopping");
        }

        studio.Cancel(job);
        NotAgain();
        return new ApiException(504, "server_error", $"The pictures were not ready within {limits.RequestTime.TotalSeconds:0} seconds, which is the most that a request waits here; ask for less, or use /api/jobs.", null, "timeout");
    }

    /// <summary>Tells client libraries that the same request would end the same way: they try again by themselves otherwise.</summary>
    private void NotAgain()
    {
        if (!http.Response.HasStarted)
        {
            http.Response.Headers["x-should-retry"] = "false";
        }
    }

    private async Task<byte[]> BytesOfAsync(PictureView picture)
    {
        var file = studio.Files.Find(picture.Id) ?? throw ApiException.Missing("A picture was deleted while it was waited for.", null, "picture_not_found");
        var png = await File.ReadAllBytesAsync(file, http.RequestAborted);
        return request.Format == "png" ? png : await Task.Run(() => Encode(PictureFile.Decode(png), request), http.RequestAborted);
    }

    /// <summary>A picture in the form that was asked for.</summary>
    internal static byte[] Encode(Picture picture, ImageRequest request) => request.Format switch
    {
        "webp" => PictureFile.EncodeWebp(picture, request.Compression),
        "jpeg" => PictureFile.EncodeJpeg(picture, Math.Max(1, request.Compression)),
        _ => PictureFile.EncodePng(picture),
    };

    private string UrlOf(PictureView picture, byte[] bytes)
    {
        // A picture's .webp is the film of its appearing.
        var extension = request.Format switch { "webp" => ".still.webp", "jpeg" => ".jpg", _ => ".png" };
        if (request.Format != "png")
        {
            studio.Files.Save(picture.Id, extension, bytes);
        }

        // A proxy that speaks TLS for the server says so; whoever says it wrongly deceives nobody but oneself.
        var scheme = http.Request.Headers["X-Forwarded-Proto"] == "https" ? "https" : http.Request.Scheme;
        return $"{scheme}://{http.Request.Host}/files/{picture.Id}{extension}";
    }

    /// <summary>The tokens of the prompt; pictures are not counted in tokens. Null when the model has been put away meanwhile.</summary>
    private object? Usage()
    {
        using var lease = studio.Models.FindLoaded(job.Settings.Model ?? studio.Models.Default);
        if (lease is null)
        {
            return null;
        }

        var tokens = lease.Painter.Clip.Tokenizer.Encode(job.Settings.Prompt).Length;
        return new { input_tokens = tokens, input_tokens_details = new { text_tokens = tokens, image_tokens = 0 }, output_tokens = 0, total_tokens = tokens };
    }

    private static string SizeOf(int width, int height) => $"{width}x{height}";

    /// <summary>Chooses which unfinished pictures to show: evenly over the steps, those of each picture by themselves.</summary>
    /// <param name="most">The most of each picture.</param>
    internal sealed class Partials(int most)
    {
        private int _picture = -1;
        private int _passed;
        private int _shown;

        /// <summary>The number of this one among those shown, from 0; null when it is not to be shown.</summary>
        public int? Next(int picture, int step, int steps)
        {
            if (picture != _picture)
            {
                (_picture, _passed, _shown) = (picture, 0, 0);
            }

            // Each begins a share of the painting; who comes late to a share has skipped those before.
            var passed = Math.Min(most, (int)((long)step * (most + 1) / Math.Max(1, steps)));
            if (passed <= _passed)
            {
                return null;
            }

            _passed = passed;
            return _shown++;
        }
    }

    /// <summary>An unfinished picture, as it is published.</summary>
    private sealed record Preview(int Index, int Step, int Steps, string Picture)
    {
        private static readonly byte[] s_begin = "event: preview\ndata: "u8.ToArray();

        /// <summary>Reads one; null where the message is another.</summary>
        public static Preview? Of(byte[] message) => message.AsSpan().StartsWith(s_begin) ? JsonSerializer.Deserialize<Preview>(message.AsSpan(s_begin.Length), StudioJson.Options) : null;

        public (byte[] Bytes, string Size) As(ImageRequest request)
        {
            var bytes = Convert.FromBase64String(Picture[(Picture.IndexOf(',') + 1)..]);
            var picture = PictureFile.Decode(bytes);
            var asIs = request.Format == "png" && Picture.StartsWith("data:image/png", StringComparison.Ordinal);
            return (asIs ? bytes : Encode(picture, request), SizeOf(picture.Width, picture.Height));
        }
    }
}
