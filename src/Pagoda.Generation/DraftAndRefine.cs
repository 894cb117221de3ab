using Pagoda.Generation.ClipGen;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Recipes;

namespace Pagoda.Generation;

/// <summary>
/// CLIP-GEN drafts, a robust CLIP refines: the picture that CLIP-GEN chooses is the start of a painting with any brush. Its
/// steps are CLIP-GEN's rows of tokens and then the recipe's.
/// </summary>
/// <param name="drafter">What drafts.</param>
/// <param name="refiner">What refines.</param>
/// <param name="recipe">How it refines, for requests without a recipe; its start is not used.</param>
public sealed class DraftAndRefine(ClipGenGenerator drafter, GuidedGenerator refiner, Recipe recipe) : IGenerator
{
    /// <inheritdoc/>
    public IAsyncEnumerable<Frame> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        request.Check();
        // A draft has one size; the refinement may be larger.
        drafter.Check(request with { Size = null });
        var first = request.Seed ?? GuidedGenerator.RandomSeed();
        var resolved = request.Resolve(recipe);
        return FrameThread.Run(request.Count, (index, send, stop) => PaintOne(request, resolved, index, unchecked(first + (ulong)index), send, stop), cancellationToken);
    }

    private void PaintOne(GenerationRequest request, Recipe refinement, int index, ulong seed, Action<Frame> send, CancellationToken stop)
    {
        var steps = drafter.Grid + PaintingRun.StepsOf(refinement, request.Strength);
        Frame? draft = null;
        drafter.PaintOne(request with { Size = null }, index, seed, Keep, stop);
        if (draft is not { IsInterrupted: false } whole || stop.IsCancellationRequested || request.StopAfter <= whole.Step)
        {
            send(draft! with { Steps = steps, IsInterrupted = true });
            return;
        }

        if (request.WantsFrame(whole.Step))
        {
            send(whole with { Steps = steps, IsLast = false });
        }

        var painting = request with
        {
            Seed = unchecked(seed - (ulong)index),
            // Pixels keep the draft's size; other brushes have one of their own.
            Size = request.Size ?? (refiner is PixelGenerator ? whole.Picture.Width : null),
            Init = whole.Picture,
            StopAfter = request.StopAfter - whole.Step,
        };
        refiner.PaintOne(painting, refinement, index, frame => send(frame with { Step = frame.Step + whole.Step, Steps = steps, Elapsed = frame.Elapsed + whole.Elapsed }), stop);

        void Keep(Frame frame)
        {
            if (frame.IsLast)
            {
                draft = frame;
            }
            else
            {
                send(frame with { Steps = steps });
            }
        }
    }
}
