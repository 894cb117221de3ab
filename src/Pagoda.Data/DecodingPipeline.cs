using System.Collections.Concurrent;

namespace Pagoda.Data;

/// <summary>
/// Reads samples ahead on one thread and decodes them on others; results come out in the order of the stream, each with the
/// position after it.
/// </summary>
internal sealed class DecodingPipeline : IDisposable
{
    private readonly BlockingCollection<Task<DecodedSample>> _inOrder;
    private readonly BlockingCollection<Task<DecodedSample>> _work = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread[] _threads;

    /// <param name="samples">The source, at the position to go on from; used by the pipeline's thread alone.</param>
    /// <param name="drawn">Samples drawn so far: the number of the first.</param>
    /// <param name="decode">Decodes a sample with a number, on any thread.</param>
    /// <param name="threads">Threads that decode.</param>
    /// <param name="ahead">Samples that may wait or be under way.</param>
    public DecodingPipeline(ICaptionedSource samples, long drawn, Func<StoredSample, long, DecodedSample> decode, int threads, int ahead)
    {
        _inOrder = new(ahead);
        _threads = [
            Begin(() => Read(samples, drawn, decode), "reading ahead"),
            .. Enumerable.Range(0, threads).Select(i => Begin(Work, $"decoding {i}")),
        ];
    }

    /// <summary>The next sample of the stream; an exception of the source in its place.</summary>
    public DecodedSample Take() => _inOrder.Take().GetAwaiter().GetResult();

    public void Dispose()
    {
        _stop.Cancel();
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _inOrder.Dispose();
        _work.Dispose();
        _stop.Dispose();
    }

    private static Thread Begin(Action run, string name)
    {
        var thread = new Thread(() => run()) { IsBackground = true, Name = name };
        thread.Start();
        return thread;
    }

    private void Read(ICaptionedSource samples, long drawn, Func<StoredSample, long, DecodedSample> decode)
    {
        try
        {
            for (var number = drawn; ; number++)
            {
                Task<DecodedSample> task;
                try
                {
                    var sample = samples.Next();
                    var (own, position) = (number, samples.Mark());
                    task = new Task<DecodedSample>(() => decode(sample, own) with { Position = position });
                }
                catch (Exception error)
                {
                    _inOrder.Add(Task.FromException<DecodedSample>(error), _stop.Token);
                    return;
                }

                _inOrder.Add(task, _stop.Token);
                _work.Add(task, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped while waiting for room.
        }
    }

    private void Work()
    {
        try
        {
            foreach (var task in _work.GetConsumingEnumerable(_stop.Token))
            {
                task.RunSynchronously();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped while waiting for work.
        }
    }
}

/// <summary>A sample that was decoded, or why it could not be.</summary>
/// <param name="Sample">The stored sample.</param>
/// <param name="Caption">The caption drawn for it.</param>
/// <param name="Pixels">[3, Size, Size] bytes.</param>
/// <param name="Error">What was wrong with it; then there are no pixels.</param>
internal sealed record DecodedSample(StoredSample Sample, string Caption, byte[] Pixels, DataException? Error)
{
    /// <summary>Where the source stood after it.</summary>
    public Func<string> Position { get; init; } = () => "";
}
