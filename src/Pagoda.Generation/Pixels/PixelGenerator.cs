using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Threading.Channels;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Start;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;

namespace Pagoda.Generation.Pixels;

/// <summary>Paints in pixel space: CLIP's own gradient, and nothing else, turns a start into a picture (CLIPAG, CLIP-JEM).</summary>
/// <param name="model">CLIP; its weights stay as they are.</param>
/// <param name="tokenizer">Its tokenizer.</param>
/// <param name="recipe">The recipe for requests that name none.</param>
/// <param name="bank">Pictures to start from, where there are some.</param>
public sealed class PixelGenerator(ClipModel model, ClipTokenizer tokenizer, Recipe? recipe = null, InitBank? bank = null) : IGenerator
{
    // A consumer may lag so many frames behind before the painting waits for it.
    private const int FramesAhead = 4;

    /// <summary>The model that looks at the pictures.</summary>
    public ClipModel Model { get; } = model;

    /// <summary>Its tokenizer.</summary>
    public ClipTokenizer Tokenizer { get; } = tokenizer;

    /// <summary>The recipe for requests that name none.</summary>
    public Recipe DefaultRecipe { get; } = recipe ?? Recipe.Clipag;

    /// <summary>Pictures to start from; null for none.</summary>
    public InitBank? Bank { get; } = bank;

    /// <inheritdoc/>
    public IAsyncEnumerable<Frame> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        request.Check();
        var recipe = request.Resolve(DefaultRecipe);
        return Frames(request with { Seed = request.Seed ?? RandomSeed() }, recipe, cancellationToken);
    }

    /// <summary>A seed by chance, short enough to be typed.</summary>
    public static ulong RandomSeed() => (ulong)RandomNumberGenerator.GetInt32(int.MaxValue);

    private async IAsyncEnumerable<Frame> Frames(GenerationRequest request, Recipe recipe, CancellationToken cancellation, [EnumeratorCancellation] CancellationToken enumeration = default)
    {
        var channel = Channel.CreateBounded<Frame>(new BoundedChannelOptions(FramesAhead) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, enumeration);
        using var abandoned = new CancellationTokenSource();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // One thread for the whole painting: scopes and libtorch's modes and workers belong to threads.
        var thread = new Thread(() => Paint(request, recipe, channel.Writer, stop.Token, abandoned.Token, ended)) { IsBackground = true, Name = "painting" };
        thread.Start();
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

    private void Paint(
        GenerationRequest request, Recipe recipe, ChannelWriter<Frame> frames, CancellationToken stop, CancellationToken abandoned, TaskCompletionSource ended)
    {
        Exception? problem = null;
        var index = 0;
        try
        {
            for (; index < request.Count && (index == 0 || !stop.IsCancellationRequested); index++)
            {
                PaintOne(request, recipe, index, Send, stop);
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

    private void PaintOne(GenerationRequest request, Recipe recipe, int index, Action<Frame> send, CancellationToken stop)
    {
        using var run = new PixelRun(this, request, recipe, unchecked(request.Seed!.Value + (ulong)index), index, stop);
        while (!run.IsFinished && !stop.IsCancellationRequested && run.StepsTaken < (request.StopAfter ?? int.MaxValue))
        {
            if (run.Step(withFrame: (run.StepsTaken + 1) % request.FrameEvery == 0) is { } frame)
            {
                send(frame);
            }
        }

        send(run.Finish());
    }
}
