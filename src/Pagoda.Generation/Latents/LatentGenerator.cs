using Pagoda.Formats.Images;
using Pagoda.Generation.Augment;
using Pagoda.Generation.Brushes;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Start;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Generation.Latents;

/// <summary>Paints with a VQGAN's codes (VQGAN+CLIP), guided by any CLIP.</summary>
/// <param name="critics">Who guides.</param>
/// <param name="vqgan">The VQGAN; its weights stay as they are.</param>
/// <param name="options">How.</param>
/// <param name="recipe">The recipe for requests that name none.</param>
/// <param name="bank">Pictures to start from, where there are some.</param>
public sealed class LatentGenerator(IReadOnlyList<Critic> critics, VqganModel vqgan, LatentOptions? options = null, Recipe? recipe = null, InitBank? bank = null)
    : GuidedGenerator(critics, recipe ?? Recipe.VqganClip)
{
    /// <summary>How it paints.</summary>
    public LatentOptions Options { get; } = options ?? new LatentOptions();

    /// <inheritdoc/>
    protected internal override Brush Begin(BrushStart start, CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var side = start.Size / vqgan.Config.Factor;
        var tokens = start.Request.Init is { } init
            ? TokensOf(PicturePixels.ToTensor(PicturePixels.Square(init, start.Size, Resampling.Lanczos), vqgan.Device))
            : start.Recipe.Start == StartKind.Noise || (start.Recipe.Start == StartKind.Bank && bank is null)
                ? Tensor.From(RandomDraws.Integers(side * side, 0, vqgan.Config.CodebookSize, start.Generator), 1, side, side).To(device: vqgan.Device)
                : TokensOf(StartPicture.Make(Critics[0].Model, start.Guides[0].Target, start.Recipe, bank, start.Size, start.Generator, cancellation));
        return new LatentBrush(vqgan, tokens, start.Recipe, (Options.Tile + vqgan.Config.Factor - 1) / vqgan.Config.Factor);
    }

    /// <inheritdoc/>
    protected override void Check(GenerationRequest request)
    {
        base.Check(request);
        Options.Check();
        Refuse(request.Mask is not null, "A VQGAN's codes have no mask; leave it out, or paint in pixels.");
        var size = SizeOf(request);
        Refuse(size % vqgan.Config.Factor != 0 || size < vqgan.Config.Factor, $"A picture of {size} pixels cannot be made of tokens of {vqgan.Config.Factor} pixels; choose a multiple.");

        static void Refuse(bool what, string because)
        {
            if (what)
            {
                throw new GenerationException(because);
            }
        }
    }

    /// <inheritdoc/>
    protected override int SizeOf(GenerationRequest request) => request.Size ?? vqgan.Config.Resolution;

    private Tensor TokensOf(Tensor pixels) => vqgan.EncodeTokens((pixels * 2) - 1);
}
