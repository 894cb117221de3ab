using Pagoda.Formats.Images;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Prompts;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Start;
using Pagoda.Torch;

namespace Pagoda.Generation.Pixels;

/// <summary>
/// Paints many prompts at once: the model sees the views of all pictures as one batch, which keeps a machine busy that one
/// small picture leaves idle. Each picture takes the steps that <see cref="PixelGenerator"/> takes alone, except that the
/// candidates of a bank are drawn once for all. Belongs to one thread.
/// </summary>
public sealed class BatchPainter : IDisposable
{
    private readonly PixelGenerator _generator;
    private readonly Recipe _recipe;
    private readonly StartCandidates? _candidates;

    /// <summary>Prepares to paint.</summary>
    /// <param name="generator">The model.</param>
    /// <param name="recipe">How to paint.</param>
    /// <param name="candidateSeed">Draws the candidates of a bank.</param>
    /// <param name="cancellation">Stops while candidates are compared.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public BatchPainter(PixelGenerator generator, Recipe recipe, ulong candidateSeed = 0, CancellationToken cancellation = default)
    {
        recipe.Check();
        (_generator, _recipe) = (generator, recipe);
        _candidates = recipe.Start == StartKind.Bank && generator.Bank is { } bank && recipe.Candidates > 1
            ? new StartCandidates(generator.Model, recipe, bank, candidateSeed, cancellation)
            : null;
    }

    /// <summary>Paints one picture for each prompt.</summary>
    /// <param name="prompts">What to paint, each with the seed of its views (and of its start, where that is noise).</param>
    /// <param name="cancellation">Stops between steps; nothing of the batch is given back then.</param>
    /// <returns>The last frame of each.</returns>
    /// <exception cref="GenerationException">A prompt cannot be painted.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<Frame> Paint(IReadOnlyList<(string Prompt, ulong Seed)> prompts, CancellationToken cancellation = default)
    {
        if (prompts.Count == 0)
        {
            return [];
        }

        var runs = new List<PaintingRun>();
        try
        {
            foreach (var (prompt, seed) in prompts)
            {
                using var scope = new TensorScope();
                var start = _candidates?.ClosestTo(Target(prompt), _generator.Model.Config.Vision.ImageSize);
                runs.Add(new PaintingRun(_generator, new GenerationRequest(prompt), _recipe, seed, runs.Count, cancellation, start));
            }

            while (!runs[0].IsFinished)
            {
                cancellation.ThrowIfCancellationRequested();
                PaintingRun.StepTogether(runs);
            }

            return [.. runs.Select(run => run.Finish())];
        }
        finally
        {
            runs.ForEach(run => run.Dispose());
        }
    }

    /// <summary>The pictures of the bank that prompts would start from, as they are before the first step.</summary>
    /// <exception cref="GenerationException">The recipe does not choose from a bank.</exception>
    public IReadOnlyList<Picture> Starts(IEnumerable<string> prompts)
    {
        var candidates = _candidates ?? throw new GenerationException($"The recipe {_recipe.Name} does not choose its starts from a bank.");
        return [.. prompts.Select(Start)];

        Picture Start(string prompt)
        {
            using var scope = new TensorScope();
            return PicturePixels.ToPicture(candidates.ClosestTo(Target(prompt), _generator.Model.Config.Vision.ImageSize));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _candidates?.Dispose();

    private Tensor Target(string prompt) => PromptTarget.Embed(_generator.Model, _generator.Tokenizer, Prompt.Parse(prompt));
}
