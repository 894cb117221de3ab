using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Pagoda.Tests.Models.Catalogue;

/// <summary>An HTTP server on 127.0.0.1 that serves one file and misbehaves, request by request, as its script says.</summary>
internal sealed class FaultyServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<Behaviour> _script;

    public FaultyServer(byte[] content, params Behaviour[] script)
    {
        Content = content;
        _script = new ConcurrentQueue<Behaviour>(script);
        _listener.Start();
        _ = Task.Run(AcceptAsync);
    }

    public byte[] Content { get; set; }

    public string ETag { get; set; } = "\"one\"";

    public Uri Root => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public Uri Url => new(Root, "/weights.bin");

    /// <summary>Each request's path and Range header ("-" without one), in order.</summary>
    public ConcurrentQueue<(string Path, string Range)> Requests { get; } = new();

    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Content));

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync(_stop.Token);
            }
            catch (Exception)
            {
                return;
            }

            _ = Task.Run(async () =>
            {
                using (client)
                {
                    try
                    {
                        await AnswerAsync(client);
                    }
                    catch (Exception exception) when (exception is IOException or OperationCanceledException)
                    {
                        // The client went away or the test is over.
                    }
                }
            });
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII, leaveOpen: true);
        var path = (await reader.ReadLineAsync(_stop.Token))!.Split(' ')[1];
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } line)
        {
            headers[line.Split(": ", 2)[0]] = line.Split(": ", 2)[1];
        }

        Requests.Enqueue((path, headers.GetValueOrDefault("Range", "-")));
        var behaviour = _script.TryDequeue(out var next) ? next : new Behaviour();
        if (behaviour.Path is { } only && only != path)
        {
            behaviour = new Behaviour(Status: 404);
        }

        var from = 0;
        if (!behaviour.IgnoreRange && headers.TryGetValue("Range", out var range) && headers.GetValueOrDefault("If-Range") == ETag)
        {
            from = int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
        }

        var status = behaviour.Status ?? (from == 0 ? 200 : from < Content.Length ? 206 : 416);
        var body = status is 200 or 206 ? Content[from..] : [];
        var announced = body.Length + (behaviour.ExtraLength ?? 0);
        var head = new StringBuilder($"HTTP/1.1 {status} Scripted\r\nConnection: close\r\nContent-Length: {announced}\r\n");
        head.Append(behaviour.WithoutETag ? "" : $"ETag: {ETag}\r\n");
        head.Append(status == 206 ? $"Content-Range: bytes {from}-{Content.Length - 1}/{Content.Length}\r\n" : "");
        head.Append(status == 416 ? $"Content-Range: bytes */{Content.Length}\r\n" : "");
        head.Append(behaviour.RetryAfter is { } seconds ? $"Retry-After: {seconds}\r\n" : "");
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), _stop.Token);
        await stream.WriteAsync(body.AsMemory(0, Math.Min(body.Length, behaviour.DropAfter ?? body.Length)), _stop.Token);
        await stream.FlushAsync(_stop.Token);
        if (behaviour.Stall)
        {
            await Task.Delay(Timeout.Infinite, _stop.Token);
        }
    }

    /// <summary>How one request is answered.</summary>
    /// <param name="Status">A status instead of the file.</param>
    /// <param name="DropAfter">Close the connection after this many bytes of the body.</param>
    /// <param name="Stall">After the body (or what <paramref name="DropAfter"/> leaves of it) keep the connection open in silence.</param>
    /// <param name="IgnoreRange">Answer a range request with the whole file.</param>
    /// <param name="WithoutETag">Send no ETag.</param>
    /// <param name="ExtraLength">Announce this many bytes more than there are.</param>
    /// <param name="RetryAfter">Seconds in a Retry-After header.</param>
    /// <param name="Path">Serve only this path; others are 404.</param>
    internal sealed record Behaviour(
        int? Status = null,
        int? DropAfter = null,
        bool Stall = false,
        bool IgnoreRange = false,
        bool WithoutETag = false,
        int? ExtraLength = null,
        int? RetryAfter = null,
        string? Path = null);
}
