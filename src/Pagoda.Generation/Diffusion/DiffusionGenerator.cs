using Pagoda.Formats.Images;
using Pagoda.Generation.Brushes;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Recipes;
using Pagoda.Models.Diffusion;

namespace Pagoda.Generation.Diffusion;

/// <summary>Makes an unconditional diffusion paint what critics want to see (CLIP-JEM, arXiv 2408.17046; guidance after Dhariwal and Nichol 2021, arXiv 2105.05233).</summary>
/// <param name="critics">Who guides.</param>
/// <param name="network">The denoising network; its weights stay as they are.</param>
/// <param name="options">How critics steer.</param>
/// <param name="recipe">The recipe for requests that name none: its steps are the schedule's.</param>
public sealed class DiffusionGenerator(IReadOnlyList<Critic> critics, DiffusionUNet network, DiffusionOptions? options = null, Recipe? recipe = null)
    : GuidedGenerator(critics, recipe ?? Recipe.GuidedDiffusion)
{
    /// <summary>How critics steer.</summary>
    public DiffusionOptions Options { get; } = options ?? new DiffusionOptions();

    /// <inheritdoc/>
    protected internal override Brush Begin(BrushStart start, CancellationToken cancellation)
    {
        var picture = start.Request.Init is { } init ? PicturePixels.ToTensor(PicturePixels.Square(init, start.Size, Resampling.Lanczos), network.Device) : null;
        var taken = picture is null ? start.Recipe.Steps : PaintingRun.StepsOf(start.Recipe, start.Request.Strength);
        return new DiffusionBrush(network, Options, start.Size, start.Recipe.Steps, taken, start.Generator, picture);
    }

    /// <inheritdoc/>
    protected override void Check(GenerationRequest request)
    {
        base.Check(request);
        Options.Check();
        Refuse(request.Mask is not null, "Diffusion has no mask here; leave it out, or paint in pixels.");
        var (size, halved) = (SizeOf(request), 1 << (network.Config.Multipliers.Count - 1));
        Refuse(size % halved != 0, $"A picture of {size} pixels cannot be halved {network.Config.Multipliers.Count - 1} times, as this network does; choose a multiple of {halved}.");
        var steps = request.Resolve(DefaultRecipe).Steps;
        Refuse(steps > network.Config.Steps, $"This network knows {network.Config.Steps} times; {steps} steps are more.");

        static void Refuse(bool what, string because)
        {
            if (what)
            {
                throw new GenerationException(because);
            }
        }
    }

    /// <inheritdoc/>
    protected override int SizeOf(GenerationRequest request) => request.Size ?? network.Config.Resolution;
}
