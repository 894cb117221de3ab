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
public sealed class PixelGenerator : GuidedGenerator
{
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
        : base(critics, recipe ?? Recipe.Clipag) => Bank = bank;

    /// <summary>The model that looks at the pictures; the first, where there are several.</summary>
    public ClipModel Model => Critics[0].Model;

    /// <summary>Its tokenizer.</summary>
    public ClipTokenizer Tokenizer => Critics[0].Tokenizer;

    /// <summary>Pictures to start from; null for none.</summary>
    public InitBank? Bank { get; }

    /// <inheritdoc/>
    protected internal override Brush Begin(BrushStart start, CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        var (request, size) = (start.Request, SizeOf(start.Request));
        var picture = start.Picture
            ?? (request.Init is { } init
                ? PicturePixels.ToTensor(PicturePixels.Square(init, size), Model.Device)
                : StartPicture.Make(Model, start.Guides[0].Target, start.Recipe, Bank, start.Size, start.Generator, cancellation));
        return new PixelBrush(start.Recipe, picture, Model.Config.Vision.ImageSize, request.Mask is { } mask ? ToMask(mask, size) : null);
    }

    internal override List<Stage> StagesOf(GenerationRequest request, Recipe recipe) =>
        Stages.Plan(Model.Config.Vision.ImageSize, SizeOf(request), recipe.Steps, request.Init is not null);

    private Tensor ToMask(Picture mask, int size)
    {
        var planes = PicturePixels.Square(mask, size, Resampling.Nearest).ToPlanes();
        return Tensor.From(planes, 1, 3, size, size).Mean([1], keepdim: true).To(device: Model.Device);
    }
}
