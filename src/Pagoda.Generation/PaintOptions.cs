using Pagoda.Formats.Images;
using Pagoda.Generation.ClipGen;
using Pagoda.Generation.Diffusion;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Latents;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Strokes;

namespace Pagoda.Generation;

/// <summary>How to paint; what is null is decided by the model and its recipe.</summary>
public record PaintOptions
{
    /// <summary>What to stay away from, in the form of a prompt; weighs <see cref="Prompts.PromptTarget.NegativeWeight"/>.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>The randomness: the same seed on the same device gives the same picture to the bit. Null draws one, which the frames tell.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Side of the picture in pixels; the model's own where null.</summary>
    public int? Size { get; init; }

    /// <summary>Pictures to paint, one after the other; the i-th is the one that seed + i gives alone.</summary>
    public int Count { get; init; } = 1;

    /// <summary>How the picture comes into being; what is best with the model where null (<see cref="PaintDefaults"/>).</summary>
    public PaintMethod? Method { get; init; }

    /// <summary>The CLIPs that guide the brush, or choose among CLIP-GEN's candidates; the painter's own alone where null.</summary>
    public IReadOnlyList<Critic>? Critics { get; init; }

    /// <summary>With <see cref="PaintMethod.Strokes"/>, what the drawing is made of; <see cref="Painter.StrokesOf"/> where null.</summary>
    public StrokeOptions? Strokes { get; init; }

    /// <summary>With <see cref="PaintMethod.Latents"/>, how they are painted with; the usual way where null.</summary>
    public LatentOptions? Latents { get; init; }

    /// <summary>With <see cref="PaintMethod.Diffusion"/>, how critics steer it; the usual way where null.</summary>
    public DiffusionOptions? Diffusion { get; init; }

    /// <summary>Whether CLIP-GEN's picture of the prompt is what a brush starts from, as an <see cref="Init"/> would be.</summary>
    public bool Draft { get; init; }

    /// <summary>With <see cref="PaintMethod.ClipGen"/> or <see cref="Draft"/>, how it samples and chooses; the model's own numbers where null.</summary>
    public ClipGenOptions? ClipGen { get; init; }

    /// <summary>With <see cref="PaintMethod.ClipGen"/>, whether its picture is the start of a painting in pixel space; null for what is best with the model, and false where a method is named.</summary>
    public bool? Refine { get; init; }

    /// <summary>With <see cref="Refine"/>, what has the model whose gradient refines; the painter itself where null.</summary>
    public Painter? Refiner { get; init; }

    /// <summary>The way to paint in pixel space, or to refine; the model's own where null.</summary>
    public Recipe? Recipe { get; init; }

    /// <summary>Replaces the recipe's number of steps.</summary>
    public int? Steps { get; init; }

    /// <summary>Replaces the recipe's step size.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Replaces the recipe's number of views.</summary>
    public int? Views { get; init; }

    /// <summary>Replaces the recipe's number of patches, whatever the size of the picture.</summary>
    public int? Patches { get; init; }

    /// <summary>Replaces what the recipe starts from.</summary>
    public StartKind? Start { get; init; }

    /// <summary>A picture to start from: its largest square in the middle, brought to the size asked for.</summary>
    public Picture? Init { get; init; }

    /// <summary>
    /// With <see cref="Init"/>, <see cref="Draft"/> or <see cref="Refine"/>, the share of the steps that is taken, the first ones being left out:
    /// 1 paints at full length over it, little changes it little.
    /// </summary>
    public double Strength { get; init; } = 1;

    /// <summary>
    /// With <see cref="Init"/>, where to paint: white is painted, black stays to the bit, grey mixes. Squared and resized as
    /// the picture is, without making new greys.
    /// </summary>
    public Picture? Mask { get; init; }

    /// <summary>A frame is given after so many steps, and always after the last.</summary>
    public int FrameEvery { get; init; } = 1;

    /// <summary>Decides by the clock, in place of <see cref="FrameEvery"/>, after which steps a frame is given; for those who watch. Null where the steps decide.</summary>
    public FramePace? FramePace { get; init; }

    /// <summary>Is told the energy of every step that a critic's gradient takes, whether it has a frame or not, on the thread that paints.</summary>
    public IProgress<StepEnergy>? StepProgress { get; init; }

    /// <summary>
    /// Told, on the threads that look at them, of the closest of the starts looked at so far whenever there is a closer one: something to show
    /// before the first step.
    /// </summary>
    public IProgress<ClosestStart>? StartProgress { get; init; }

    /// <summary>Whether a frame is to be given after so many steps.</summary>
    internal bool WantsFrame(int steps) => FramePace?.IsDue() ?? (steps % FrameEvery == 0);

    /// <summary>Ends the painting after so many steps of its schedule, as if it were cancelled there; null for none. It repeats a cancelled painting.</summary>
    public int? StopAfter { get; init; }

    /// <summary>The recipe with the replacements applied.</summary>
    /// <param name="preferred">The model's own recipe, for where none is given.</param>
    /// <exception cref="GenerationException">A number is out of its range.</exception>
    public Recipe Resolve(Recipe preferred)
    {
        var recipe = Recipe ?? preferred;
        recipe = recipe with
        {
            Steps = Steps ?? recipe.Steps,
            LearningRate = LearningRate ?? recipe.LearningRate,
            Views = Views ?? recipe.Views,
            Patches = Patches ?? recipe.Patches,
            PatchesWhenLarger = Patches ?? recipe.PatchesWhenLarger,
            Start = Start ?? recipe.Start,
        };
        recipe.Check();
        return recipe;
    }
}
