using System.Diagnostics;
using System.Security.Cryptography;
using Pagoda.Generation.Brushes;
using Pagoda.Generation.Recipes;

namespace Pagoda.Generation.Guidance;

/// <summary>A brush times critics times views: what critics think of views of a picture changes the brush that makes it.</summary>
/// <param name="critics">Who guides, at least one.</param>
/// <param name="recipe">The recipe for requests that name none.</param>
public abstract class GuidedGenerator(IReadOnlyList<Critic> critics, Recipe recipe) : IGenerator
{
    /// <summary>Who guides.</summary>
    public IReadOnlyList<Critic> Critics { get; } = critics is { Count: > 0 } && critics.All(critic => critic.Weight > 0 && double.IsFinite(critic.Weight))
        ? critics
        : throw new GenerationException("Somebody has to guide, with a weight above 0.");

    /// <summary>The recipe for requests that name none.</summary>
    public Recipe DefaultRecipe { get; } = recipe;

    /// <inheritdoc/>
    public IAsyncEnumerable<Frame> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        Check(request);
        var resolved = request.Resolve(DefaultRecipe);
        var seeded = request with { Seed = request.Seed ?? RandomSeed() };
        return FrameThread.Run(request.Count, (index, send, stop) => PaintOne(seeded, resolved, index, send, stop), cancellationToken);
    }

    /// <summary>A seed by chance, short enough to be typed.</summary>
    public static ulong RandomSeed() => (ulong)RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>Puts the brush to its start.</summary>
    /// <exception cref="GenerationException">It cannot be begun as the request wants it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    protected internal abstract Brush Begin(BrushStart start, CancellationToken cancellation);

    /// <summary>The sizes that a painting goes through.</summary>
    internal virtual List<Stage> StagesOf(GenerationRequest request, Recipe recipe) => [new Stage(SizeOf(request), recipe.Steps)];

    /// <summary>Refuses what this brush cannot paint.</summary>
    /// <exception cref="GenerationException">One sentence on what that is.</exception>
    protected virtual void Check(GenerationRequest request) => request.Check();

    /// <summary>Side of the picture in pixels.</summary>
    protected virtual int SizeOf(GenerationRequest request) => request.Size ?? Critics[0].Model.Config.Vision.ImageSize;

    /// <summary>Paints one picture, on the calling thread.</summary>
    internal void PaintOne(GenerationRequest request, Recipe recipe, int index, Action<Frame> send, CancellationToken stop)
    {
        using var run = new PaintingRun(this, request, recipe, unchecked(request.Seed!.Value + (ulong)index), index, stop);
        while (!run.IsFinished && !stop.IsCancellationRequested && run.StepsTaken < (request.StopAfter ?? int.MaxValue))
        {
            var energy = run.Step();
            if (request.WantsFrame(run.StepsTaken))
            {
                var begun = Stopwatch.GetTimestamp();
                var frame = run.FrameOf(energy);
                request.FramePace?.Spent(Stopwatch.GetElapsedTime(begun));
                send(frame);
            }
        }

        send(run.Finish());
    }
}
