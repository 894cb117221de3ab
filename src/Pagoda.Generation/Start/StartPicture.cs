using Pagoda.Formats.Images;
using Pagoda.Generation.Augment;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Recipes;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Generation.Start;

/// <summary>Makes the picture that a painting starts from.</summary>
public static class StartPicture
{
    // Enough at once for a core to be busy, and few enough for the first to be seen soon.
    private const int CandidatesAtOnce = 25;

    /// <summary>The start that a recipe asks for.</summary>
    /// <param name="model">Compares candidates with the prompt.</param>
    /// <param name="target">The prompt, <c>[1, embed]</c> of length 1.</param>
    /// <param name="recipe">Kind, number and comparison of candidates.</param>
    /// <param name="bank">The model's bank, or null.</param>
    /// <param name="size">Side of the picture.</param>
    /// <param name="generator">Source of randomness.</param>
    /// <param name="cancellation">Stops between candidates.</param>
    /// <param name="progress">As <see cref="PaintOptions.StartProgress"/>.</param>
    /// <returns><c>[1, 3, size, size]</c> in [0, 1], in the current scope.</returns>
    /// <exception cref="GenerationException">The recipe needs a bank and there is none.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Tensor Make(ClipModel model, Tensor target, Recipe recipe, InitBank? bank, int size, Generator generator, CancellationToken cancellation = default, IProgress<ClosestStart>? progress = null)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        if (recipe.Start == StartKind.Grey)
        {
            return scope.Keep(Ops.Full([1, 3, size, size], 0.5, ScalarType.Float32, device: model.Device));
        }

        if (recipe.Start == StartKind.Bank && bank is null && recipe.RequiresBank)
        {
            throw new GenerationException(
                $"The recipe {recipe.Name} starts from the model's {InitBank.FileName}, which this model does not have; choose another recipe or start, or fit a bank to pictures.");
        }

        using var shared = recipe.StartSeed is { } seed ? new Generator(seed) : null;
        var (small, smooth) = Draw(recipe, bank, shared ?? generator);
        var chosen = 0L;
        if (recipe.Candidates > 1)
        {
            chosen = ClosestOf(model, small, smooth, target, recipe.NormalizeCandidates, cancellation, progress);
        }

        return scope.Keep(Enlarge(small.Narrow(0, chosen, 1), size, smooth, model.Device));
    }

    /// <summary>The candidate whose embedding is closest to the target.</summary>
    /// <param name="model">Embeds the candidates.</param>
    /// <param name="candidates">Batches <c>[n, 3, S, S]</c> in [0, 1] at the model's size.</param>
    /// <param name="target"><c>[1, embed]</c> of length 1.</param>
    /// <param name="normalize">False leaves out the model's mean and deviation, as CLIPAG's notebook does here.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>Its place among all candidates, and all cosines.</returns>
    public static (long Index, float[] Cosines) Closest(
        ClipModel model, IEnumerable<Tensor> candidates, Tensor target, bool normalize = true, CancellationToken cancellation = default)
    {
        using var frozen = GradMode.Disable();
        var cosines = new List<float>();
        foreach (var batch in candidates)
        {
            cancellation.ThrowIfCancellationRequested();
            cosines.AddRange(Cosines(model, batch, target, normalize));
        }

        return (cosines.IndexOf(cosines.Max()), [.. cosines]);
    }

    /// <summary><see cref="Closest"/> among small candidates, by all cores.</summary>
    private static long ClosestOf(ClipModel model, Tensor small, bool smooth, Tensor target, bool normalize, CancellationToken cancellation, IProgress<ClosestStart>? progress)
    {
        var (best, showing) = (float.NegativeInfinity, new Lock());
        var pieces = small.Split(CandidatesAtOnce);
        var cosines = new float[pieces.Length][];
        var parts = SideBySide.Parts(pieces.Length, 1, model.Device);
        SideBySide.Run(parts, part =>
        {
            using var frozen = GradMode.Disable();
            for (var i = part; i < pieces.Length; i += parts)
            {
                cancellation.ThrowIfCancellationRequested();
                using var scope = new TensorScope();
                var pictures = Enlarge(pieces[i], model.Config.Vision.ImageSize, smooth, model.Device);
                cosines[i] = Cosines(model, pictures, target, normalize);
                if (progress is not null)
                {
                    Show(pictures, cosines[i]);
                }
            }
        });
        List<float> all = [.. cosines.SelectMany(of => of)];
        return all.IndexOf(all.Max());

        void Show(Tensor pictures, float[] of)
        {
            lock (showing)
            {
                if (of.Max() is var closest && closest > best)
                {
                    best = closest;
                    progress.Report(new ClosestStart(PicturePixels.ToPicture(pictures.Narrow(0, of.IndexOf(closest), 1)), -closest));
                }
            }
        }
    }

    private static float[] Cosines(ClipModel model, Tensor pictures, Tensor target, bool normalize)
    {
        using var scope = new TensorScope();
        var features = normalize ? model.EncodeImage(pictures) : ClipModel.Normalize(model.Visual.Forward(pictures));
        return (features * target).Sum([-1]).ToArray<float>();
    }

    /// <summary>Small candidates at the size that a model sees, a batch at a time.</summary>
    internal static IEnumerable<Tensor> Pieces(Tensor small, int size, bool smooth, Device device) =>
        small.Split(CandidatesAtOnce).Select(piece => Enlarge(piece, size, smooth, device));

    /// <summary>The candidates of a recipe that does not start from grey, still small, and whether they are smooth.</summary>
    internal static (Tensor Small, bool Smooth) Draw(Recipe recipe, InitBank? bank, Generator generator) =>
        recipe.Start == StartKind.Bank && bank is not null
            ? (bank.Sample(recipe.Candidates, recipe.CandidatesPerClass, generator), true)
            : (((Ops.Randn([recipe.Candidates, 3, recipe.NoiseGrid, recipe.NoiseGrid], generator, ScalarType.Float32) * recipe.NoiseDeviation) + recipe.NoiseMean).Clamp(0, 1), false);

    // Samples of a bank are smooth; noise keeps its squares, for that is what energy-trained models began with in training.
    internal static Tensor Enlarge(Tensor small, int size, bool smooth, Device device) =>
        smooth ? SeparableSampling.Resize(small.To(device: device), size) : small.To(device: device).UpsampleNearest2d([size, size]);
}
