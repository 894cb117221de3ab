using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Pagoda.Data;

/// <summary>
/// Prepares batches of another source ahead, on one background thread, so that a training step does not wait for data. The
/// stream and the positions are those of the other source. An error of the other source is thrown by <see cref="Next"/>.
/// </summary>
public sealed class PrefetchingSource : IBatchSource
{
    private readonly IBatchSource _inner;
    private readonly int _ahead;
    private string _position;
    private Pipeline? _pipeline;

    /// <summary>Wraps a source, which is disposed with this one.</summary>
    /// <param name="inner">Where the batches come from; not to be used beside this.</param>
    /// <param name="ahead">How many batches may wait; at least 1.</param>
    public PrefetchingSource(IBatchSource inner, int ahead = 4)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ahead, 1);
        (_inner, _ahead, _position) = (inner, ahead, inner.Save());
    }

    /// <inheritdoc/>
    public int Size => _inner.Size;

    /// <inheritdoc/>
    public Batch Next(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (_pipeline is { } running && running.Count != count)
        {
            Rewind();
        }

        _pipeline ??= new Pipeline(_inner, count, _ahead);
        var (batch, position, error) = _pipeline.Take();
        if (error is not null)
        {
            Rewind();
            ExceptionDispatchInfo.Throw(error);
        }

        _position = position;
        return batch!;
    }

    /// <inheritdoc/>
    public string Save() => _position;

    /// <inheritdoc/>
    public void Restore(string position)
    {
        Stop();
        _inner.Restore(position);
        _position = position;
    }

    /// <inheritdoc/>
    public void Restore(IReadOnlyList<string> positions)
    {
        Stop();
        _inner.Restore(positions);
        _position = _inner.Save();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _inner.Dispose();
    }

    /// <summary>Drops what was prepared and not handed out, and returns to what was.</summary>
    private void Rewind() => Restore(_position);

    private void Stop()
    {
        _pipeline?.Stop();
        _pipeline = null;
    }

    private sealed class Pipeline
    {
        private readonly BlockingCollection<(Batch? Batch, string Position, Exception? Error)> _ready;
        private readonly CancellationTokenSource _stop = new();
        private readonly Thread _thread;

        public Pipeline(IBatchSource source, int count, int ahead)
        {
            Count = count;
            _ready = new(ahead);
            _thread = new Thread(() => Fill(source)) { IsBackground = true, Name = "batches ahead" };
            _thread.Start();
        }

        public int Count { get; }

        public (Batch? Batch, string Position, Exception? Error) Take() => _ready.Take();

        public void Stop()
        {
            _stop.Cancel();
            _thread.Join();
            _ready.Dispose();
            _stop.Dispose();
        }

        private void Fill(IBatchSource source)
        {
            try
            {
                while (!_stop.IsCancellationRequested)
                {
                    (Batch?, string, Exception?) item;
                    try
                    {
                        item = (source.Next(Count), source.Save(), null);
                    }
                    catch (Exception error)
                    {
                        item = (null, "", error);
                    }

                    _ready.Add(item, _stop.Token);
                    if (item.Item3 is not null)
                    {
                        return;
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // Stopped while waiting for room: nothing is lost, the position handed out is what counts.
            }
        }
    }
}
