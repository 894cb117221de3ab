using Pagoda.Generation.Recipes;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Generation.Start;

/// <summary>
/// Start pictures drawn once for many prompts, and embedded once: what each prompt takes is the candidate closest to it, as
/// <see cref="StartPicture.Make"/> does with candidates of each prompt's own.
/// </summary>
public sealed class StartCandidates : IDisposable
{
    private readonly Tensor _small;
    private readonly Tensor _features;
    private readonly Device _device;
    private readonly bool _smooth;

    /// <summary>Draws and embeds a recipe's candidates.</summary>
    /// <param name="model">Embeds them.</param>
    /// <param name="recipe">Kind and number.</param>
    /// <param name="bank">The model's bank, or null.</param>
    /// <param name="seed">Of the drawing.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="GenerationException">The recipe starts from grey, which has no candidates.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public StartCandidates(ClipModel model, Recipe recipe, InitBank? bank, ulong seed, CancellationToken cancellation = default)
    {
        if (recipe.Start == StartKind.Grey)
        {
            throw new GenerationException($"The recipe {recipe.Name} starts from grey; there are no candidates to choose from.");
        }

        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        using var generator = new Generator(seed);
        (var small, _smooth) = StartPicture.Draw(recipe, bank, generator);
        var features = new List<Tensor>();
        foreach (var piece in StartPicture.Pieces(small, model.Config.Vision.ImageSize, _smooth, model.Device))
        {
            cancellation.ThrowIfCancellationRequested();
            using var part = new TensorScope();
            features.Add(part.Keep(recipe.NormalizeCandidates ? model.EncodeImage(piece) : ClipModel.Normalize(model.Visual.Forward(piece))));
        }

        _device = model.Device;
        _small = TensorScope.Release(small);
        _features = TensorScope.Release(Ops.Cat([.. features]));
    }

    /// <summary>The candidate closest to a prompt, in the current scope.</summary>
    /// <param name="target">The prompt, <c>[1, embed]</c> of length 1.</param>
    /// <param name="size">Side of the picture wanted.</param>
    /// <returns><c>[1, 3, size, size]</c> in [0, 1].</returns>
    public Tensor ClosestTo(Tensor target, int size)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var chosen = (_features * target).Sum([-1]).Argmax().ToInt64();
        return scope.Keep(StartPicture.Enlarge(_small.Narrow(0, chosen, 1), size, _smooth, _device));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _small.Dispose();
        _features.Dispose();
    }
}
