using System.Collections.Concurrent;
using Pagoda.Formats.Images;
using Pagoda.Generation.Pixels;
using Pagoda.Studio.Painting;
using Pagoda.Torch;

namespace Pagoda.Studio.OpenAi;

/// <summary>What is to be embedded: a text, or a picture as the model sees it.</summary>
internal sealed record EmbeddingInput(string? Text, Picture? Seen);

/// <summary>An embedding of length 1.</summary>
/// <param name="Values">Its numbers.</param>
/// <param name="Tokens">The tokens that the model read of a text; 0 for a picture.</param>
internal sealed record Embedding(float[] Values, int Tokens);

/// <summary>What requests have to know of a model before they ask.</summary>
/// <param name="Dimensions">Numbers of an embedding.</param>
/// <param name="ImageSize">Side of the pictures that it sees.</param>
internal sealed record EmbeddingModel(int Dimensions, int ImageSize);

/// <summary>
/// Embeds texts and pictures for all clients on one thread, those that wait together in one batch. libtorch makes worker threads for every
/// thread that calls it, so requests must not call it on their own.
/// </summary>
internal sealed class Embedder(ModelShelf models, Device device) : IDisposable
{
    private const int MostAtOnce = 64;
    private const int MostWaiting = 2048;

    private readonly object _lock = new();
    private readonly LinkedList<Item> _waiting = [];
    private readonly ConcurrentDictionary<string, EmbeddingModel> _known = [];
    private Thread? _thread;
    private bool _closed;

    /// <summary>What a model is, which loads it when it is asked for the first time.</summary>
    /// <exception cref="ApiException">Too much waits, or the server is stopping.</exception>
    public async Task<EmbeddingModel> ModelAsync(string model, CancellationToken cancel)
    {
        if (!_known.ContainsKey(model))
        {
            await EmbedAsync(model, [new EmbeddingInput(null, null)], cancel);
        }

        return _known[model];
    }

    /// <summary>The embeddings, in the order of what was given.</summary>
    /// <exception cref="ApiException">Too much waits, or the server is stopping.</exception>
    public async Task<Embedding[]> EmbedAsync(string model, IReadOnlyList<EmbeddingInput> inputs, CancellationToken cancel)
    {
        List<Item> items = [.. inputs.Select(input => new Item(model, input, cancel))];
        lock (_lock)
        {
            if (_closed)
            {
                throw Stopping();
            }

            if (_waiting.Count + items.Count > MostWaiting)
            {
                throw ApiException.Busy($"{_waiting.Count} inputs wait to be embedded, of at most {MostWaiting}; try again later.");
            }

            items.ForEach(item => _waiting.AddLast(item));
            if (_thread is null)
            {
                _thread = new Thread(Work) { IsBackground = true, Name = "embeddings" };
                _thread.Start();
            }

            Monitor.Pulse(_lock);
        }

        return await Task.WhenAll(items.Select(item => item.Done.Task)).WaitAsync(cancel);
    }

    /// <summary>Ends the thread; whoever waits is told.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            Monitor.PulseAll(_lock);
        }

        _thread?.Join();
    }

    private void Work()
    {
        while (Next() is { Count: > 0 } batch)
        {
            try
            {
                using var lease = models.Take(batch[0].Model, device);
                Embed(lease.Painter.Clip, batch);
            }
            catch (Exception problem)
            {
                batch.ForEach(item => item.Done.TrySetException(problem));
            }
        }
    }

    private void Embed(Pagoda.Models.Clip.LoadedClip clip, List<Item> batch)
    {
        var config = clip.Model.Config;
        _known[batch[0].Model] = new EmbeddingModel(config.EmbedDim, config.Vision.ImageSize);
        if (batch[0].Kind == Kind.Model)
        {
            batch.ForEach(item => item.Done.TrySetResult(new Embedding([], 0)));
            return;
        }

        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var texts = batch[0].Kind == Kind.Text;
        var rows = texts
            ? clip.EncodeText([.. batch.Select(item => item.Input.Text!)])
            : clip.Model.EncodeImage(Ops.Cat([.. batch.Select(item => PicturePixels.ToTensor(item.Input.Seen!, clip.Model.Device))]));
        var values = rows.ToArray<float>().Chunk(config.EmbedDim).ToArray();
        for (var i = 0; i < batch.Count; i++)
        {
            // Start and end are tokens too, and what is too long is cut off, as for painting.
            var tokens = texts ? Math.Min(clip.Tokenizer.Encode(batch[i].Input.Text!).Length + 2, config.Text.ContextLength) : 0;
            batch[i].Done.TrySetResult(new Embedding(values[i], tokens));
        }
    }

    /// <summary>What goes through the model together; nothing when the server stops.</summary>
    private List<Item> Next()
    {
        lock (_lock)
        {
            while (true)
            {
                if (_closed)
                {
                    _waiting.ToList().ForEach(item => item.Done.TrySetException(Stopping()));
                    _waiting.Clear();
                    return [];
                }

                List<Item> batch = [];
                for (var node = _waiting.First; node is not null && batch.Count < MostAtOnce;)
                {
                    var (item, next) = (node.Value, node.Next);
                    if (item.Cancel.IsCancellationRequested)
                    {
                        item.Done.TrySetCanceled(item.Cancel);
                        _waiting.Remove(node);
                    }
                    else if (batch.Count == 0 || (item.Model, item.Kind) == (batch[0].Model, batch[0].Kind))
                    {
                        batch.Add(item);
                        _waiting.Remove(node);
                    }

                    node = next;
                }

                if (batch.Count > 0)
                {
                    return batch;
                }

                Monitor.Wait(_lock);
            }
        }
    }

    private static ApiException Stopping() => ApiException.Busy("The server is stopping.", 503, "stopping");

    private enum Kind
    {
        Model,
        Text,
        Picture,
    }

    private sealed record Item(string Model, EmbeddingInput Input, CancellationToken Cancel)
    {
        public TaskCompletionSource<Embedding> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Kind Kind => Input.Text is not null ? Kind.Text : Input.Seen is not null ? Kind.Picture : Kind.Model;
    }
}
