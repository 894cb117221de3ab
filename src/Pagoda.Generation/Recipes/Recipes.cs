using Pagoda.Models.Catalogue;

namespace Pagoda.Generation.Recipes;

public sealed partial record Recipe
{
    /// <summary>
    /// CLIPAG's text-to-image notebook to the letter (royg27/CLIPAG: CLIPAG_T2I.ipynb), its quirks included: candidates are
    /// compared without the model's mean and deviation, 1,000 of them at 50 a class reach the first 20 classes only, and the
    /// picture kept is the one after the best step.
    /// </summary>
    public static Recipe ClipagNotebook { get; } = new()
    {
        Name = "clipag-notebook",
        Steps = 100,
        Start = StartKind.Bank,
        RequiresBank = true,
        Candidates = 1000,
        CandidatesPerClass = 50,
        NormalizeCandidates = false,
        Views = 32,
        ViewWeight = 1,
        Noise = 0.01,
        Augment = "color,translation,resize,cutout",
        Patches = 32,
        PatchesWhenLarger = 32,
        PatchLeast = 128.0 / 224,
        PatchMost = 128.0 / 224,
        SharedPatchNoise = true,
        PatchWeight = 5,
        Rejection = 0,
        Update = UpdateRule.AdamW,
        LearningRate = 0.0175,
        WeightDecay = 0.01,
        GradientLimit = 0.001,
        Threshold = 0.95,
        Result = ResultRule.AfterBest,
    };

    /// <summary>
    /// The notebook's numbers without its quirks: candidates from the whole bank, seen as the model sees pictures; noise of its
    /// own on each patch; the picture whose loss was measured. 200 candidates, for the bank of Tiny ImageNet has 200 classes.
    /// </summary>
    public static Recipe Clipag { get; } = ClipagNotebook with
    {
        Name = "clipag",
        RequiresBank = false,
        Candidates = 200,
        CandidatesPerClass = 0,
        NormalizeCandidates = true,
        SharedPatchNoise = false,
        Result = ResultRule.Best,
    };

    /// <summary>
    /// For a model trained with an energy loss on gradient steps of this very form (CLIP-JEM, arXiv 2408.17046): few, light
    /// views, and normalised gradients with momentum from a soft light grey. The numbers are those with which Pagoda's own
    /// first energy-trained models painted best.
    /// </summary>
    public static Recipe Energy { get; } = new()
    {
        Name = "energy",
        Steps = 120,
        Start = StartKind.Noise,
        NoiseMean = 0.78,
        NoiseDeviation = 0.05,
        NoiseGrid = 8,
        Views = 4,
        Noise = 0.02,
        ZoomLeast = 0.9,
        ZoomMost = 1.1,
        Shift = 0.1,
        Patches = 0,
        PatchesWhenLarger = 4,
        PatchLeast = 0.6,
        PatchMost = 0.9,
        PatchWeight = 1,
        Update = UpdateRule.NormalizedMomentum,
        LearningRate = 1.2,
        FinalRate = 0.2,
        Momentum = 0.8,
        Result = ResultRule.Last,
    };

    /// <summary>
    /// What a drawing's critics are shown in CLIPDraw (royg27/CLIPAG: CLIPAG+CLIPDraw.ipynb): four views askew and cut. The strokes' own step sizes
    /// are <see cref="Strokes.StrokeOptions"/>.
    /// </summary>
    public static Recipe ClipDraw { get; } = new()
    {
        Name = "clipdraw",
        Steps = 1000,
        Start = StartKind.Noise,
        Views = 4,
        Noise = 0,
        Augment = "perspective,crop",
        LearningRate = 1,
        Result = ResultRule.Last,
    };

    /// <summary>
    /// A drawing for a model with a recipe of its own, whose views take the place of these (<see cref="WithViewsOf"/>): a start gives the strokes places and colours, so that few steps are enough.
    /// </summary>
    public static Recipe Strokes { get; } = ClipDraw with { Name = "strokes", Steps = 150, Start = StartKind.Bank, Candidates = 200, Augment = "" };

    /// <summary>
    /// For a VQGAN's latents (nerdyrodent/VQGAN-CLIP: 500 steps of Adam at 0.1 and 32 cut-outs of any size, of which these views and patches are the like).
    /// </summary>
    public static Recipe VqganClip { get; } = new()
    {
        Name = "vqgan-clip",
        Steps = 500,
        Start = StartKind.Noise,
        Views = 8,
        Noise = 0.02,
        ZoomLeast = 0.9,
        ZoomMost = 1.1,
        Shift = 0.1,
        Patches = 8,
        PatchesWhenLarger = 24,
        PatchLeast = 0.5,
        PatchMost = 0.95,
        PatchWeight = 1,
        LearningRate = 0.1,
        Result = ResultRule.Last,
    };

    /// <summary>A VQGAN's latents for a model with a recipe of its own, whose views take the place of these (<see cref="WithViewsOf"/>).</summary>
    public static Recipe Latents { get; } = VqganClip with { Name = "latents", Steps = 80, LearningRate = 0.02, Start = StartKind.Bank, Candidates = 200 };

    /// <summary>For a diffusion that critics steer: the steps of DDIM, and what the critics are shown of the clean picture that each predicts.</summary>
    public static Recipe GuidedDiffusion { get; } = new()
    {
        Name = "guided-diffusion",
        Steps = 50,
        Start = StartKind.Noise,
        Views = 4,
        Noise = 0.02,
        ZoomLeast = 0.9,
        ZoomMost = 1.1,
        Shift = 0.1,
        PatchesWhenLarger = 4,
        PatchLeast = 0.6,
        PatchMost = 0.95,
        PatchWeight = 1,
        LearningRate = 1,
        Result = ResultRule.Last,
    };

    /// <summary>This recipe with the start and the views of another: what that one's model was trained to see.</summary>
    /// <param name="seen">The other one.</param>
    public Recipe WithViewsOf(Recipe seen) => this with
    {
        Start = seen.Start,
        Candidates = seen.Candidates,
        CandidatesPerClass = seen.CandidatesPerClass,
        NormalizeCandidates = seen.NormalizeCandidates,
        StartSeed = seen.StartSeed,
        NoiseMean = seen.NoiseMean,
        NoiseDeviation = seen.NoiseDeviation,
        NoiseGrid = seen.NoiseGrid,
        Views = seen.Views,
        ViewWeight = seen.ViewWeight,
        Noise = seen.Noise,
        ZoomLeast = seen.ZoomLeast,
        ZoomMost = seen.ZoomMost,
        Shift = seen.Shift,
        Augment = seen.Augment,
        Patches = seen.Patches,
        PatchesWhenLarger = seen.PatchesWhenLarger,
        PatchLeast = seen.PatchLeast,
        PatchMost = seen.PatchMost,
        SharedPatchNoise = seen.SharedPatchNoise,
        PatchWeight = seen.PatchWeight,
        Rejection = seen.Rejection,
    };

    /// <summary>The recipes that have names.</summary>
    public static IReadOnlyList<Recipe> All { get; } = [Energy, Clipag, ClipagNotebook, ClipDraw, Strokes, VqganClip, Latents, GuidedDiffusion];

    /// <summary>The recipe of that name.</summary>
    /// <exception cref="GenerationException">There is none.</exception>
    public static Recipe Named(string name)
    {
        var names = All.Select(recipe => recipe.Name).ToList();
        return All.FirstOrDefault(recipe => recipe.Name == name)
            ?? throw new GenerationException(
                $"There is no recipe \"{name}\"{(Spelling.Nearest(name, names) is { } near ? $", did you mean {near}?" : ";")} The recipes are {string.Join(", ", names)}.");
    }

    /// <summary>Refuses numbers that cannot paint.</summary>
    /// <exception cref="GenerationException">One is out of its range.</exception>
    public void Check()
    {
        Require(Steps is >= 1 and <= 1_000_000, "steps", Steps, "1 or more");
        Require(Views is >= 1 and <= 4096, "views", Views, "1 to 4096");
        Require(Patches is >= 0 and <= 4096, "patches", Patches, "0 to 4096");
        Require(PatchesWhenLarger is >= 0 and <= 4096, "patches when larger", PatchesWhenLarger, "0 to 4096");
        Require(PatchLeast is > 0 and <= 1, "smallest patch", PatchLeast, "above 0, to 1");
        Require(PatchMost >= PatchLeast && PatchMost <= 1, "largest patch", PatchMost, "the smallest patch to 1");
        Require(Candidates is >= 1 and <= 1_000_000, "candidates", Candidates, "1 or more");
        Require(CandidatesPerClass >= 0, "candidates per class", CandidatesPerClass, "0 or more");
        Require(NoiseGrid is >= 1 and <= 4096, "noise grid", NoiseGrid, "1 to 4096");
        Require(LearningRate is > 0 and < 1e6, "learning rate", LearningRate, "above 0");
        Require(FinalRate is >= 0 and <= 1, "final rate", FinalRate, "0 to 1");
        Require(Momentum is >= 0 and < 1, "momentum", Momentum, "0 to below 1");
        Require(Threshold is >= 0 and <= 1, "threshold", Threshold, "0 to 1");
        Require(Rejection is >= 0 and <= 1, "rejection", Rejection, "0 to 1");
        Require(ZoomLeast > 0 && ZoomMost >= ZoomLeast && ZoomMost < 100, "largest zoom", ZoomMost, "the smallest zoom (above 0) or more");
        Require(Noise is >= 0 and < 100, "noise", Noise, "0 or more");
        _ = new Augment.DiffAugment(Augment);

        void Require(bool holds, string what, double value, string range)
        {
            if (!holds)
            {
                throw new GenerationException(string.Create(
                    System.Globalization.CultureInfo.InvariantCulture, $"Recipe {Name}: {what} is {value}; it has to be {range}."));
            }
        }
    }
}
