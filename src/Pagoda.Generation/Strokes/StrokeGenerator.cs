using Pagoda.Formats.Images;
using Pagoda.Generation.Brushes;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Start;
using Pagoda.Torch;

namespace Pagoda.Generation.Strokes;

/// <summary>Draws with strokes (CLIPDraw), guided by any CLIP; the last frame has the drawing as SVG.</summary>
/// <param name="critics">Who guides.</param>
/// <param name="options">What the drawing is made of; CLIPDraw's numbers where null.</param>
/// <param name="recipe">The recipe for requests that name none.</param>
/// <param name="bank">Pictures whose nearest gives strokes their first colours, where the recipe starts from a bank.</param>
/// <exception cref="GenerationException">An option is out of range.</exception>
public sealed class StrokeGenerator(IReadOnlyList<Critic> critics, StrokeOptions? options = null, Recipe? recipe = null, InitBank? bank = null)
    : GuidedGenerator(critics, recipe ?? Recipe.ClipDraw)
{
    /// <summary>What the drawing is made of.</summary>
    public StrokeOptions Options { get; } = options ?? new StrokeOptions();

    /// <inheritdoc/>
    protected internal override Brush Begin(BrushStart start, CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        var picture = start.Request.Init is { } init ? PicturePixels.ToTensor(PicturePixels.Square(init, start.Size, Resampling.Lanczos), Device.Cpu)
            : start.Recipe.Start == StartKind.Bank && bank is not null ? StartPicture.Make(Critics[0].Model, start.Guides[0].Target, start.Recipe, bank, start.Size, start.Generator, cancellation)
            : null;
        return new StrokeBrush(Options, start.Size, start.Recipe, start.Generator, start.Guides[0].Model.Device, picture);
    }

    /// <inheritdoc/>
    protected override void Check(GenerationRequest request)
    {
        base.Check(request);
        Options.Check();
        if (request.Mask is not null)
        {
            throw new GenerationException("Strokes have no mask; leave it out, or paint in pixels.");
        }
    }

    /// <inheritdoc/>
    protected override int SizeOf(GenerationRequest request) => request.Size ?? StrokeOptions.Canvas;
}
