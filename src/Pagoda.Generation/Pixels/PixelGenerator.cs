using System.Security.Cryptography;
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
        var seeded = request with { Seed = request.Seed ?? RandomSeed() };
        return FrameThread.Run(request.Count, (index, send, stop) => PaintOne(seeded, recipe, index, send, stop), cancellationToken);
    }

    /// <summary>A seed by chance, short enough to be typed.</summary>
    public static ulong RandomSeed() => (ulong)RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>Paints one picture, on the calling thread.</summary>
    internal void PaintOne(GenerationRequest request, Recipe recipe, int index, Action<Frame> send, CancellationToken stop)
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
