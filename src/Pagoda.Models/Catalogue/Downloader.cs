using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace Pagoda.Models.Catalogue;

/// <summary>
/// Downloads one large file: continues a half-finished one when the server still has the same bytes (Range with If-Range, RFC 9110
/// §13.1.5 and §14), tries again when the connection drops, checks length and SHA-256, and gives the file its name only when all is well.
/// </summary>
public sealed class Downloader(HttpClient client, DownloadOptions? options = null)
{
    private readonly DownloadOptions _options = options ?? new DownloadOptions();

    /// <summary>An HTTP client fit for long downloads: no overall time limit, 15 s to connect.</summary>
    public static HttpClient CreateClient()
    {
        var client = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(15) })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("pagoda", "1"));
        return client;
    }

    /// <summary>Downloads <paramref name="url"/> to <paramref name="file"/>; while it is incomplete it is called <c>FILE.part</c>.</summary>
    /// <param name="url">The address; redirections are followed.</param>
    /// <param name="file">Where the whole file goes; an existing one is replaced.</param>
    /// <param name="size">Bytes it must have, or <see langword="null"/>.</param>
    /// <param name="sha256">SHA-256 it must have (hexadecimal), or <see langword="null"/>.</param>
    /// <param name="progress">Told about every block, from the thread that downloads.</param>
    /// <param name="cancellation">Stops; the part is kept, and the next call continues it.</param>
    /// <returns>What arrived.</returns>
    /// <exception cref="DownloadException">It could not be downloaded, or is not what it must be.</exception>
    public async Task<PinnedFile> FetchAsync(
        Uri url,
        string file,
        long? size = null,
        string? sha256 = null,
        IProgress<DownloadProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentException.ThrowIfNullOrEmpty(file);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var part = OpenPart(file);
        try
        {
            await FillAsync(url, file, part, size, progress, cancellation).ConfigureAwait(false);
            var pin = await IdentifyAsync(url, part, sha256, cancellation).ConfigureAwait(false);
            await part.DisposeAsync().ConfigureAwait(false);
            File.Move(file + ".part", file, overwrite: true);
            File.Delete(file + ".part.json");
            return pin;
        }
        finally
        {
            await part.DisposeAsync().ConfigureAwait(false);
            if (new FileInfo(file + ".part") is { Exists: true, Length: 0 } empty)
            {
                empty.Delete();
                File.Delete(file + ".part.json");
            }
        }
    }

    private static async Task<PinnedFile> IdentifyAsync(Uri url, FileStream part, string? sha256, CancellationToken cancellation)
    {
        part.Position = 0;
        var actual = Convert.ToHexStringLower(await SHA256.HashDataAsync(part, cancellation).ConfigureAwait(false));
        if (sha256 is not null && !actual.Equals(sha256, StringComparison.OrdinalIgnoreCase))
        {
            part.SetLength(0);
            throw new DownloadException(
                $"{url} is not the expected file: its SHA-256 is {actual} instead of {sha256.ToLowerInvariant()}; it was not kept");
        }

        return new PinnedFile(url, part.Length, actual, DateTimeOffset.UtcNow);
    }

    private static FileStream OpenPart(string file)
    {
        try
        {
            return new FileStream(file + ".part", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, useAsync: true);
        }
        catch (IOException exception) when (File.Exists(file + ".part"))
        {
            throw new DownloadException($"{file}.part is in use: is another download of it running?", exception);
        }
    }

    private async Task FillAsync(
        Uri url, string file, FileStream part, long? size, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        for (var fruitless = 0; ;)
        {
            var before = part.Length;
            string problem;
            TimeSpan? asked = null;
            Exception cause;
            var tries = _options.FruitlessTries;
            try
            {
                await ReceiveAsync(url, file, part, size, progress, cancellation).ConfigureAwait(false);
                return;
            }
            catch (RetryLaterException exception)
            {
                (problem, asked, cause) = (exception.Message, exception.After, exception);
            }
            catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
            {
                (problem, cause) = ($"{url.Host} sent nothing for {_options.StallTimeout.TotalSeconds:0.#} s", exception);
            }
            catch (HttpRequestException exception)
            {
                (problem, cause) = (Explain(url, exception), exception);
                if (exception.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError)
                {
                    tries = Math.Min(tries, _options.UnreachableTries);
                }
            }
            catch (IOException exception) when (exception is HttpIOException || exception.InnerException is SocketException)
            {
                (problem, cause) = ($"{url.Host} dropped the connection", exception);
            }

            await part.FlushAsync(cancellation).ConfigureAwait(false);
            fruitless = part.Length > before ? 1 : fruitless + 1;
            if (fruitless >= tries)
            {
                var kept = part.Length > 0 ? $"; the {part.Length:N0} bytes received are kept, and the next pull continues there" : "";
                throw new DownloadException(
                    $"{problem}, {fruitless} times in a row{kept}; without a connection, put the file at {file} or name a mirror", cause);
            }

            progress?.Report(new DownloadProgress(part.Length, size, $"{problem}; trying again"));
            var wait = asked ?? TimeSpan.FromTicks(Math.Min(_options.FirstWait.Ticks << (fruitless - 1), TimeSpan.FromSeconds(30).Ticks));
            await Task.Delay(wait, cancellation).ConfigureAwait(false);
        }
    }

    private async Task ReceiveAsync(
        Uri url, string file, FileStream part, long? size, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        var tag = part.Length > 0 ? ReadTag(url, file) : null;
        if (tag is not null)
        {
            request.Headers.Range = new RangeHeaderValue(part.Length, null);
            request.Headers.IfRange = new RangeConditionHeaderValue(tag);
        }

        stall.CancelAfter(_options.StallTimeout);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stall.Token).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && response.Content.Headers.ContentRange?.Length == part.Length)
        {
            return;
        }

        var total = Accept(url, response, part, size, progress);
        RememberTag(url, file, response.Headers.ETag);
        RequireSpace(file, part.Length, total);
        part.Position = part.Length;
        await using var body = await response.Content.ReadAsStreamAsync(stall.Token).ConfigureAwait(false);
        var buffer = new byte[1 << 17];
        while (true)
        {
            stall.CancelAfter(_options.StallTimeout);
            var count = await body.ReadAsync(buffer, stall.Token).ConfigureAwait(false);
            if (count == 0)
            {
                break;
            }

            await part.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
            progress?.Report(new DownloadProgress(part.Position, total));
        }

        await part.FlushAsync(cancellation).ConfigureAwait(false);
        if (total is { } expected && part.Length != expected)
        {
            var received = part.Length;
            part.SetLength(0);
            throw new DownloadException($"{url} has {received:N0} bytes instead of {expected:N0}; it was not kept");
        }
    }

    /// <summary>Checks the response's head, empties the part if it cannot be continued, and returns the whole file's length.</summary>
    private static long? Accept(Uri url, HttpResponseMessage response, FileStream part, long? size, IProgress<DownloadProgress>? progress)
    {
        long? total;
        if (response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange is { From: { } from } range)
        {
            if (from != part.Length)
            {
                part.SetLength(0);
                throw new RetryLaterException($"{url.Host} continued at byte {from:N0}, which was not asked for", null);
            }

            total = range.Length;
        }
        else if (response.IsSuccessStatusCode)
        {
            if (part.Length > 0)
            {
                progress?.Report(new DownloadProgress(0, size, "the file has changed or the server cannot continue it: starting over"));
                part.SetLength(0);
            }

            total = response.Content.Headers.ContentLength;
        }
        else
        {
            throw Refusal(url, response, part);
        }

        if (size is { } expected && total is { } announced && announced != expected)
        {
            part.SetLength(0);
            throw new DownloadException($"{url} has {announced:N0} bytes where {expected:N0} are expected: it is not the expected file");
        }

        return total ?? size;
    }

    private static Exception Refusal(Uri url, HttpResponseMessage response, FileStream part)
    {
        var code = (int)response.StatusCode;
        switch (code)
        {
            case 404 or 410:
                return new DownloadException($"{url} does not exist ({code})") { NotFound = true };
            case 416:
                part.SetLength(0);
                return new RetryLaterException($"{url.Host} could not continue the file", TimeSpan.Zero);
            case 408 or 429 or >= 500:
                var after = response.Headers.RetryAfter is { } header
                    ? header.Delta ?? header.Date - DateTimeOffset.UtcNow
                    : null;
                return new RetryLaterException(
                    $"{url.Host} answered {code} {response.ReasonPhrase}",
                    after is { } wait ? TimeSpan.FromSeconds(Math.Clamp(wait.TotalSeconds, 0, 120)) : null);
            default:
                return new DownloadException($"{url.Host} refused {url.AbsolutePath}: {code} {response.ReasonPhrase}");
        }
    }

    private void RequireSpace(string file, long present, long? total)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var needed = (total ?? 0) - present + _options.KeepFree;
        var free = _options.FreeSpace(folder);
        if (free < needed)
        {
            throw new DownloadException(
                $"{folder} has {free / 1e6:N0} MB free and the download needs {needed / 1e6:N0} MB; free some, or set PAGODA_CACHE to a larger disk");
        }
    }

    private static EntityTagHeaderValue? ReadTag(Uri url, string file)
    {
        try
        {
            var kept = JsonSerializer.Deserialize(File.ReadAllText(file + ".part.json"), CatalogueJson.Default.PartialDownload);
            return kept?.Url == url ? EntityTagHeaderValue.Parse(kept.ETag) : null;
        }
        catch (Exception exception) when (exception is IOException or JsonException or FormatException)
        {
            return null;
        }
    }

    private static void RememberTag(Uri url, string file, EntityTagHeaderValue? tag)
    {
        // A weak tag promises only equivalent content, and halves of two equivalent files do not make one.
        if (tag is null or { IsWeak: true })
        {
            File.Delete(file + ".part.json");
            return;
        }

        var kept = new PartialDownload(url, tag.ToString());
        File.WriteAllText(file + ".part.json", JsonSerializer.Serialize(kept, CatalogueJson.Default.PartialDownload));
    }

    private static string Explain(Uri url, HttpRequestException exception) => exception.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => $"{url.Host} cannot be found: this machine has no network, or its name server does not know it",
        HttpRequestError.ConnectionError => $"{url.Host} cannot be reached ({(exception.InnerException ?? exception).Message})",
        HttpRequestError.SecureConnectionError => $"no secure connection to {url.Host} ({(exception.InnerException ?? exception).Message})",
        _ => $"{url.Host} dropped the connection",
    };

    private sealed class RetryLaterException(string message, TimeSpan? after) : Exception(message)
    {
        public TimeSpan? After { get; } = after;
    }
}
