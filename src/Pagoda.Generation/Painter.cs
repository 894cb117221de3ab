using Pagoda.Generation.ClipGen;
using Pagoda.Generation.Diffusion;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Latents;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Provenance;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Start;
using Pagoda.Generation.Strokes;
using Pagoda.Models.Catalogue;
using Pagoda.Models.Clip;
using Pagoda.Models.Diffusion;
using Pagoda.Models.Gpt;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Generation;

/// <summary>
/// A model that paints, by whatever method its files allow.
/// <code>
/// using var painter = Painter.Load("emoji");
/// File.WriteAllBytes("apple.png", PictureFile.EncodePng(painter.Paint("a red apple").Picture));
/// </code>
/// </summary>
public sealed class Painter : IDisposable
{
    private readonly string _source;
    private readonly string _folder;
    private readonly string? _gpt;
    private readonly string? _vqgan;
    private readonly string? _diffusion;
    private readonly Recipe? _own;
    private readonly Lock _loading = new();
    private ClipGenNetworks? _networks;
    private LoadedVqgan? _alone;
    private LoadedDiffusion? _denoiser;

    private Painter(LoadedClip clip, string source, string? gpt, string? vqgan, string? diffusion, (Recipe? Recipe, PaintDefaults Defaults) said)
    {
        Clip = clip;
        (_source, _gpt, _vqgan, _diffusion) = (source, gpt, vqgan, diffusion);
        _folder = Path.GetDirectoryName(Path.GetFullPath(clip.Path))!;
        var bank = Path.Combine(_folder, InitBank.FileName);
        (_own, Defaults) = said;
        Pixels = new PixelGenerator(clip.Model, clip.Tokenizer, _own ?? Recipe.Clipag, new Lazy<InitBank?>(() => File.Exists(bank) ? InitBank.Load(bank) : null));
    }

    /// <summary>The model.</summary>
    public LoadedClip Clip { get; }

    /// <summary>What paints in pixel space.</summary>
    public PixelGenerator Pixels { get; }

    /// <summary>What makes the best pictures with this model.</summary>
    public PaintDefaults Defaults { get; }

    /// <summary>How its gradient refines CLIP-GEN's pictures.</summary>
    public Recipe RefineRecipe => Defaults.RefineRecipe(Pixels.DefaultRecipe);

    /// <summary>Loads a model with what its <c>config.json</c> says of painting, and what lies beside it: a start bank, CLIP-GEN's networks.</summary>
    /// <param name="nameOrPath">As <see cref="ClipLoader.Load"/> takes it.</param>
    /// <param name="device">The best one at hand where null.</param>
    /// <param name="options">What the files do not say.</param>
    /// <param name="gpt">CLIP-GEN's transformer, loaded when it is first needed: a name, a folder or a file; beside the model where null.</param>
    /// <param name="vqgan">Its VQGAN; beside the transformer, or the model, where null.</param>
    /// <param name="diffusion">A denoising network; beside the model where null.</param>
    /// <exception cref="GenerationException">What the configuration says of painting cannot be read.</exception>
    /// <inheritdoc cref="ClipLoader.Load" path="/exception"/>
    public static Painter Load(string nameOrPath = "emoji", Device? device = null, ClipLoadOptions? options = null, string? gpt = null, string? vqgan = null, string? diffusion = null)
    {
        // Read beside libtorch's loading.
        var folder = ModelLocation.Find(nameOrPath, "clip").Folder;
        var said = Task.Run(() => (RecipeJson.OfModel(folder), PaintDefaults.OfModel(folder)));
        var clip = ClipLoader.Load(nameOrPath, device, options);
        try
        {
            return new Painter(clip, nameOrPath, gpt, vqgan, diffusion, said.GetAwaiter().GetResult());
        }
        catch
        {
            clip.Dispose();
            throw;
        }
    }

    /// <summary>The request with everything said that it leaves to the model: method, numbers, recipe, seed.</summary>
    /// <exception cref="GenerationException">The request asks for what does not go together.</exception>
    public GenerationRequest Complete(GenerationRequest request)
    {
        // Where no method is named, what only one can do decides; else what is best with the model.
        var undecided = request.Method is null && request.Init is null && !request.Draft && !AsksOfPixels(request);
        var refine = request.Refine ?? (undecided && Defaults is { Method: PaintMethod.ClipGen, Refined: true });
        var method = request.Method
            ?? ((request.ClipGen is not null && !request.Draft) || request.Refine == true ? PaintMethod.ClipGen
            : request.Strokes is not null ? PaintMethod.Strokes
            : request.Latents is not null ? PaintMethod.Latents
            : request.Diffusion is not null ? PaintMethod.Diffusion
            : !undecided || (request.Size is not null && !refine) ? PaintMethod.Pixels : Defaults.Method);
        request = request with { Method = method, Refine = refine, Seed = request.Seed ?? GuidedGenerator.RandomSeed() };
        request.Check();
        Refuse(request.Strokes is not null && method != PaintMethod.Strokes, "Strokes, palettes and the like are for drawing; leave them out, or choose to draw.");
        Refuse(request.Mask is not null && method is PaintMethod.Strokes or PaintMethod.Latents or PaintMethod.Diffusion, "A mask is for painting in pixels; leave it out, or choose that method.");
        Refuse(request.Latents is not null && method != PaintMethod.Latents, "Tiles are for painting with a VQGAN's codes; leave them out, or choose that.");
        Refuse(request.Diffusion is not null && method != PaintMethod.Diffusion, "Guidance of a diffusion is for that method; leave it out, or choose it.");
        if (method != PaintMethod.ClipGen)
        {
            Refuse(request.ClipGen is not null && !request.Draft, "Candidates, temperature and the like are for CLIP-GEN, and this is another method; leave them out, begin with its draft, or choose CLIP-GEN.");
            Refuse(refine, "Only CLIP-GEN's pictures are refined; choose CLIP-GEN, or leave the refinement out.");
            return request with
            {
                Recipe = request.Resolve(RecipeOf(request)),
                ClipGen = request.Draft ? request.ClipGen ?? Defaults.ClipGen : null,
                Strokes = method == PaintMethod.Strokes ? request.Strokes ?? StrokesOf(request) : null,
                Latents = method == PaintMethod.Latents ? request.Latents ?? new LatentOptions() : null,
                Diffusion = method == PaintMethod.Diffusion ? request.Diffusion ?? new DiffusionOptions() : null,
            };
        }

        Refuse(request.Draft, "CLIP-GEN's draft is a start for other methods; refine its picture, or choose what paints over it.");
        request = request with { ClipGen = request.ClipGen ?? Defaults.ClipGen };
        if (request.Refine == true)
        {
            return request with { Recipe = request.Resolve(RecipeOf(request)) };
        }

        Refuse(AsksOfPixels(request), "Recipes, steps and their numbers are for painting in pixel space, which CLIP-GEN does not do; refine its picture, or leave them out.");
        return request;

        static bool AsksOfPixels(PaintOptions options) =>
            options.Recipe is not null || options.Steps is not null || options.LearningRate is not null || options.Views is not null
            || options.Patches is not null || options.Start is not null || options.Mask is not null;

        static void Refuse(bool what, string because)
        {
            if (what)
            {
                throw new GenerationException(because);
            }
        }
    }

    /// <summary>The recipe where a request names none; a model that has one of its own is shown its own views by every brush.</summary>
    public Recipe RecipeOf(PaintOptions options) =>
        options.Refine == true ? (options.Refiner ?? this).RefineRecipe
        : options.Method == PaintMethod.Strokes || options.Strokes is not null ? OfBrush(Recipe.ClipDraw, Recipe.Strokes)
        : options.Method == PaintMethod.Latents || options.Latents is not null ? OfBrush(Recipe.VqganClip, Recipe.Latents)
        : options.Method == PaintMethod.Diffusion || options.Diffusion is not null ? OfBrush(Recipe.GuidedDiffusion, Recipe.GuidedDiffusion) : Pixels.DefaultRecipe;

    /// <summary>What a drawing is made of where a request does not say: CLIPDraw's numbers with its recipe, else <see cref="StrokeOptions"/>' own.</summary>
    public StrokeOptions StrokesOf(PaintOptions options) =>
        (options.Recipe ?? RecipeOf(options with { Method = PaintMethod.Strokes })).Name == Recipe.ClipDraw.Name ? StrokeOptions.ClipDraw : new StrokeOptions();

    /// <summary>What paints a request.</summary>
    /// <param name="request">What <see cref="Complete"/> gave.</param>
    /// <exception cref="GenerationException">CLIP-GEN is asked for, and the model has no networks for it, or they do not belong together.</exception>
    /// <exception cref="InvalidDataException">They cannot be used.</exception>
    public IGenerator GeneratorFor(GenerationRequest request)
    {
        var brush = BrushFor(request);
        if (brush is not null && !request.Draft)
        {
            return brush;
        }

        var networks = Networks();
        var drafter = new ClipGenGenerator(Clip.Model, Clip.Tokenizer, networks.Gpt.Model, networks.Vqgan.Model, request.ClipGen, networks.Modality);
        brush ??= request.Refine == true ? (request.Refiner ?? this).Pixels : null;
        return brush is null ? drafter : new DraftAndRefine(drafter, brush, request.Recipe!);
    }

    private GuidedGenerator? BrushFor(GenerationRequest request)
    {
        return request.Method switch
        {
            PaintMethod.ClipGen => null,
            PaintMethod.Strokes => new StrokeGenerator(Critics(), request.Strokes, request.Recipe, Pixels.Bank),
            PaintMethod.Latents => new LatentGenerator(Critics(), Vqgan().Model, request.Latents, request.Recipe, Pixels.Bank),
            PaintMethod.Diffusion => new DiffusionGenerator(Critics(), Diffusion().Model, request.Diffusion, request.Recipe),
            _ => request.Critics is null ? Pixels : new PixelGenerator(request.Critics, request.Recipe, Pixels.Bank),
        };

        // With the hash of the model's file, which takes a moment.
        IReadOnlyList<Critic> Critics() => request.Critics ?? [Critic.Of(Clip)];
    }

    private Recipe OfBrush(Recipe published, Recipe own) => _own is null ? published : own.WithViewsOf(_own);

    /// <summary>Paints, frame by frame (<see cref="IGenerator.GenerateAsync"/>).</summary>
    /// <exception cref="GenerationException">It cannot be painted as asked.</exception>
    public IAsyncEnumerable<Frame> PaintAsync(string prompt, PaintOptions? options = null, CancellationToken cancellationToken = default)
    {
        var request = Complete(new GenerationRequest(prompt, options));
        return GeneratorFor(request).GenerateAsync(request, cancellationToken);
    }

    /// <summary>Paints one picture and gives its last frame.</summary>
    /// <param name="prompt">What to paint.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends the painting within a step; what there is then is given back.</param>
    /// <exception cref="GenerationException">It cannot be painted as asked, or more than one picture was asked for.</exception>
    public Frame Paint(string prompt, PaintOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = (options ?? new PaintOptions()) with { FrameEvery = int.MaxValue };
        return options.Count == 1
            ? PaintAsync(prompt, options, cancellationToken).ToBlockingEnumerable(CancellationToken.None).Single()
            : throw new GenerationException($"Paint gives one picture; use PaintAsync for {options.Count}.");
    }

    /// <summary>The record of a painting, to be kept with it.</summary>
    /// <param name="request">What was asked for, as <see cref="Complete"/> gave it.</param>
    /// <param name="frame">The last frame.</param>
    /// <param name="version">Pagoda's version.</param>
    /// <param name="init">The file of <see cref="PaintOptions.Init"/>, if one was given.</param>
    /// <param name="mask">The file of <see cref="PaintOptions.Mask"/>, if one was given.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public PaintingRecord Record(GenerationRequest request, Frame frame, string version, string? init = null, string? mask = null)
    {
        var clipGen = request.ClipGen is null ? null : NetworksOf(request);
        return new PaintingRecord
        {
            Format = request.Strokes is not null || request.Latents is not null || request.Diffusion is not null || request.Critics is not null || request.Draft ? PaintingRecord.LatestFormat : clipGen is null ? 1 : 2,
            Version = version,
            Model = Clip.Name,
            ModelHash = Clip.Hash,
            ModelSource = _source,
            Device = Clip.Model.Device.ToString(),
            LibTorch = LibTorch.Version,
            Threads = LibTorch.Threads,
            Prompt = request.Prompt,
            NegativePrompt = string.IsNullOrWhiteSpace(request.NegativePrompt) ? null : request.NegativePrompt,
            Seed = frame.Seed,
            Size = frame.Picture.Width,
            Critics = request.Critics is null ? null : [.. request.Critics.Select(CriticRecord.Of)],
            Strokes = request.Strokes,
            Draft = request.Draft,
            Diffusion = request.Diffusion is null ? null : new DiffusionRecord(request.Diffusion, DiffusionNetwork()),
            Latents = request.Latents is null ? null : new LatentRecord(request.Latents, VqganRecord()),
            ClipGen = clipGen,
            Recipe = request.Recipe,
            Init = init is null ? null : FileRecord.Of(init),
            Strength = request.Strength,
            Mask = mask is null ? null : FileRecord.Of(mask),
            PromptPictures = PaintingRecord.Pictures(request.Prompt, request.NegativePrompt),
            StoppedAfter = frame.IsInterrupted ? frame.Step : null,
            Energy = frame.Energy,
        };
    }

    /// <summary>The record of the networks that have a part in a request to CLIP-GEN.</summary>
    /// <param name="request">As <see cref="Complete"/> gave it.</param>
    /// <inheritdoc cref="Networks" path="/exception"/>
    public ClipGenRecord NetworksOf(GenerationRequest request) => ClipGenRecord.Of(request, Networks(), _gpt, _vqgan);

    /// <summary>The record of <see cref="Vqgan"/>.</summary>
    /// <inheritdoc cref="Vqgan" path="/exception"/>
    public NetworkRecord VqganRecord() => new(_vqgan, Vqgan().Hash);

    /// <summary>The VQGAN, loaded when it is first asked for.</summary>
    /// <exception cref="GenerationException">The model has none.</exception>
    /// <exception cref="InvalidDataException">It cannot be used.</exception>
    public LoadedVqgan Vqgan()
    {
        lock (_loading)
        {
            if (_vqgan is null && _gpt is null && !File.Exists(Path.Combine(_folder, VqganLoader.FileName)))
            {
                throw new GenerationException($"{Clip.Name} has no VQGAN ({VqganLoader.FileName} beside its weights); name one, or paint in pixels.");
            }

            return _networks?.Vqgan ?? (_alone ??= VqganLoader.Load(_vqgan ?? _gpt ?? _folder, Clip.Model.Device));
        }
    }

    /// <summary>The record of <see cref="Diffusion"/>.</summary>
    /// <inheritdoc cref="Diffusion" path="/exception"/>
    public NetworkRecord DiffusionNetwork() => new(_diffusion, Diffusion().Hash);

    /// <summary>The denoising network, loaded when it is first asked for.</summary>
    /// <exception cref="GenerationException">The model has none.</exception>
    /// <exception cref="InvalidDataException">It cannot be used.</exception>
    public LoadedDiffusion Diffusion()
    {
        lock (_loading)
        {
            if (_diffusion is null && !File.Exists(Path.Combine(_folder, DiffusionLoader.FileName)))
            {
                throw new GenerationException($"{Clip.Name} has no denoising network ({DiffusionLoader.FileName} beside its weights); name one, or paint in pixels.");
            }

            return _denoiser ??= DiffusionLoader.Load(_diffusion ?? _folder, Clip.Model.Device);
        }
    }

    /// <summary>CLIP-GEN's networks, loaded when they are first asked for.</summary>
    /// <exception cref="GenerationException">The model has none.</exception>
    /// <exception cref="InvalidDataException">They cannot be used.</exception>
    public ClipGenNetworks Networks()
    {
        lock (_loading)
        {
            if (_networks is not null)
            {
                return _networks;
            }

            if (_gpt is null && !File.Exists(Path.Combine(_folder, GptSaver.FileName)))
            {
                throw new GenerationException($"{Clip.Name} has no transformer for CLIP-GEN ({GptSaver.FileName} beside its weights); name one, or paint in pixels.");
            }

            var gpt = _gpt ?? _folder;
            return _networks = ClipGenNetworks.Load(gpt, _vqgan ?? gpt, Clip.Model.Device);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _networks?.Dispose();
        _alone?.Dispose();
        _denoiser?.Dispose();
        Pixels.Dispose();
        Pixels.FreeBank();
        Clip.Dispose();
    }
}
