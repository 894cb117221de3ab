using Pagoda.Formats.Images;
using Pagoda.Generation.Brushes;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Start;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Generation.Pixels;

/// <summary>Paints in pixel space: CLIP's own gradient, and nothing else, turns a start into a picture (CLIPAG, CLIP-JEM).</summary>
public sealed class PixelGenerator : GuidedGenerator, IDisposable
{
    private readonly Lock _choosing = new();
    private readonly Lazy<InitBank?> _bank;
    private (Recipe Recipe, StartCandidates Candidates)? _candidates;

    /// <summary>Paints by one model's gradient.</summary>
    /// <param name="model">CLIP; its weights stay as they are.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="recipe">The recipe for requests that name none.</param>
    /// <param name="bank">Pictures to start from, where there are some.</param>
    public PixelGenerator(ClipModel model, ClipTokenizer tokenizer, Recipe? recipe = null, InitBank? bank = null)
        : this([new Critic(model, tokenizer)], recipe, bank)
    {
    }

    /// <summary>Paints by the gradients of several models; the first compares what there is to start from.</summary>
    /// <param name="critics">Who guides.</param>
    /// <param name="recipe">The recipe for requests that name none.</param>
    /// <param name="bank">Pictures to start from, where there are some.</param>
    /// <exception cref="GenerationException">There is nobody, or a weight is not above 0.</exception>
    public PixelGenerator(IReadOnlyList<Critic> critics, Recipe? recipe = null, InitBank? bank = null)
        : base(critics, recipe ?? Recipe.Clipag) => _bank = new Lazy<InitBank?>(bank);

    /// <summary>With a bank that is read when a picture first asks for it.</summary>
    internal PixelGenerator(ClipModel model, ClipTokenizer tokenizer, Recipe recipe, Lazy<InitBank?> bank)
        : base([new Critic(model, tokenizer)], recipe) => _bank = bank;

    /// <summary>The model that looks at the pictures; the first, where there are several.</summary>
    public ClipModel Model => Critics[0].Model;

    /// <summary>Its tokenizer.</summary>
    public ClipTokenizer Tokenizer => Critics[0].Tokenizer;

    /// <summary>Pictures to start from; null for none.</summary>
    public InitBank? Bank => _bank.Value;

    /// <inheritdoc/>
    protected internal override Brush Begin(BrushStart start, CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        var (request, size) = (start.Request, SizeOf(start.Request));
        var picture = start.Picture
            ?? (request.Init is { } init
                ? PicturePixels.ToTensor(PicturePixels.Square(init, size), Model.Device)
                : Shared(start, cancellation) ?? StartPicture.Make(Model, start.Guides[0].Target, start.Recipe, Bank, start.Size, start.Generator, cancellation, start.Request.StartProgress));
        return new PixelBrush(start.Recipe, picture, Model.Config.Vision.ImageSize, request.Mask is { } mask ? ToMask(mask, size) : null);
    }

    /// <summary>Frees what recipes with a <see cref="Recipe.StartSeed"/> left; the model and the bank stay as they are.</summary>
    public void Dispose() => _candidates?.Candidates.Dispose();

    /// <summary>Frees the bank, if it was read.</summary>
    internal void FreeBank()
    {
        if (_bank.IsValueCreated)
        {
            _bank.Value?.Dispose();
        }
    }

    internal override List<Stage> StagesOf(GenerationRequest request, Recipe recipe) =>
        Stages.Plan(Model.Config.Vision.ImageSize, SizeOf(request), recipe.Steps, request.Init is not null);

    /// <summary>The start out of candidates that are the same for all pictures; null where they are each picture's own.</summary>
    private Tensor? Shared(BrushStart start, CancellationToken cancellation)
    {
        var recipe = start.Recipe;
        if (recipe is not { StartSeed: { } seed, Candidates: > 1, Start: not StartKind.Grey } || (recipe.RequiresBank && Bank is null))
        {
            return null;
        }

        lock (_choosing)
        {
            // All but the start may differ from picture to picture without other candidates.
            var key = Recipe.Clipag with
            {
                Start = recipe.Start, Candidates = recipe.Candidates, CandidatesPerClass = recipe.CandidatesPerClass, NormalizeCandidates = recipe.NormalizeCandidates, StartSeed = seed,
                NoiseGrid = recipe.NoiseGrid, NoiseMean = recipe.NoiseMean, NoiseDeviation = recipe.NoiseDeviation,
            };
            if (_candidates?.Recipe != key)
            {
                _candidates?.Candidates.Dispose();
                _candidates = null;
                using var unowned = TensorScope.Unowned();
                _candidates = (key, new StartCandidates(Model, recipe, Bank, seed, cancellation));
            }

            return _candidates.Value.Candidates.ClosestTo(start.Guides[0].Target, start.Size);
        }
    }

    private Tensor ToMask(Picture mask, int size)
    {
        var planes = PicturePixels.Square(mask, size, Resampling.Nearest).ToPlanes();
        return Tensor.From(planes, 1, 3, size, size).Mean([1], keepdim: true).To(device: Model.Device);
    }
}
