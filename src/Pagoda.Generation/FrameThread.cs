using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Pagoda.Generation;

/// <summary>Runs a generator on a thread of its own and hands its frames over: scopes and libtorch's modes and workers belong to threads.</summary>
internal static class FrameThread
{
    // A consumer may lag so many frames behind before the painting waits for it.
    private const int FramesAhead = 4;

    /// <summary>Paints one picture of a request: its number, where frames go, and what ends it early.</summary>
    public delegate void PaintOne(int index, Action<Frame> send, CancellationToken stop);

    /// <summary>Paints pictures one after the other, as <see cref="IGenerator.GenerateAsync"/> says.</summary>
    /// <param name="count">Pictures.</param>
    /// <param name="paint">Paints one of them.</param>
    /// <param name="cancellation">Ends the painting.</param>
    /// <param name="enumeration">Set by the enumeration itself.</param>
    public static async IAsyncEnumerable<Frame> Run(int count, PaintOne paint, CancellationToken cancellation, [EnumeratorCancellation] CancellationToken enumeration = default)
    {
        var channel = Channel.CreateBounded<Frame>(new BoundedChannelOptions(FramesAhead) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, enumeration);
        using var abandoned = new CancellationTokenSource();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        PaintingThread.Run(() => Paint(count, paint, channel.Writer, stop.Token, abandoned.Token, ended));
        try
        {
            await foreach (var frame in channel.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return frame;
            }
        }
        finally
        {
            await abandoned.CancelAsync().ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            await ended.Task.ConfigureAwait(false);
        }
    }

    private static void Paint(int count, PaintOne paint, ChannelWriter<Frame> frames, CancellationToken stop, CancellationToken abandoned, TaskCompletionSource ended)
    {
        Exception? problem = null;
        var index = 0;
        try
        {
            for (; index < count && (index == 0 || !stop.IsCancellationRequested); index++)
            {
                paint(index, Send, stop);
            }
        }
        catch (OperationCanceledException) when (index > 0)
        {
            // The pictures before are whole, and of this one there is nothing yet.
        }
        catch (Exception exception)
        {
            problem = exception;
        }
        finally
        {
            frames.TryComplete(abandoned.IsCancellationRequested ? null : problem);
            ended.SetResult();
        }

        void Send(Frame frame)
        {
            if (!frames.TryWrite(frame))
            {
                frames.WriteAsync(frame, abandoned).AsTask().GetAwaiter().GetResult();
            }
        }
    }
}
