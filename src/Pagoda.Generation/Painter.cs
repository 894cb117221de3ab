using Pagoda.Generation.ClipGen;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Provenance;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Start;
using Pagoda.Models.Clip;
using Pagoda.Models.Gpt;
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
    private readonly Lock _loading = new();
    private ClipGenNetworks? _networks;

    private Painter(LoadedClip clip, string source, string? gpt, string? vqgan)
    {
        Clip = clip;
        (_source, _gpt, _vqgan) = (source, gpt, vqgan);
        _folder = Path.GetDirectoryName(Path.GetFullPath(clip.Path))!;
        var bank = Path.Combine(_folder, InitBank.FileName);
        Pixels = new PixelGenerator(clip.Model, clip.Tokenizer, RecipeJson.OfModel(_folder) ?? Recipe.Clipag, File.Exists(bank) ? InitBank.Load(bank) : null);
        Defaults = PaintDefaults.OfModel(_folder);
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
    /// <param name="vqgan">Its VQGAN; beside the transformer where null.</param>
    /// <exception cref="GenerationException">What the configuration says of painting cannot be read.</exception>
    /// <inheritdoc cref="ClipLoader.Load" path="/exception"/>
    public static Painter Load(string nameOrPath = "emoji", Device? device = null, ClipLoadOptions? options = null, string? gpt = null, string? vqgan = null)
    {
        var clip = ClipLoader.Load(nameOrPath, device ?? LibTorch.DefaultDevice, options);
        try
        {
            return new Painter(clip, nameOrPath, gpt, vqgan);
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
        var undecided = request.Method is null && request.Init is null && !AsksOfPixels(request);
        var refine = request.Refine ?? (undecided && Defaults is { Method: PaintMethod.ClipGen, Refined: true });
        var method = request.Method
            ?? (request.ClipGen is not null || request.Refine == true ? PaintMethod.ClipGen
            : !undecided || (request.Size is not null && !refine) ? PaintMethod.Pixels : Defaults.Method);
        request = request with { Method = method, Refine = refine, Seed = request.Seed ?? PixelGenerator.RandomSeed() };
        request.Check();
        if (method == PaintMethod.Pixels)
        {
            Refuse(request.ClipGen is not null, "Candidates, temperature and the like are for CLIP-GEN, and this is painting in pixel space; leave them out, or choose CLIP-GEN.");
            Refuse(refine, "Only CLIP-GEN's pictures are refined; choose CLIP-GEN, or leave the refinement out.");
            return request with { Recipe = request.Resolve(Pixels.DefaultRecipe) };
        }

        request = request with { ClipGen = request.ClipGen ?? Defaults.ClipGen };
        if (request.Refine == true)
        {
            return request with { Recipe = request.Resolve((request.Refiner ?? this).RefineRecipe) };
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

    /// <summary>What paints a request.</summary>
    /// <param name="request">What <see cref="Complete"/> gave.</param>
    /// <exception cref="GenerationException">CLIP-GEN is asked for, and the model has no networks for it, or they do not belong together.</exception>
    /// <exception cref="InvalidDataException">They cannot be used.</exception>
    public IGenerator GeneratorFor(GenerationRequest request)
    {
        if (request.Method != PaintMethod.ClipGen)
        {
            return Pixels;
        }

        var networks = Networks();
        var drafter = new ClipGenGenerator(Clip.Model, Clip.Tokenizer, networks.Gpt.Model, networks.Vqgan.Model, request.ClipGen, networks.Modality);
        return request.Refine == true ? new DraftAndRefine(drafter, (request.Refiner ?? this).Pixels, request.Recipe!) : drafter;
    }

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
        var clipGen = request.Method == PaintMethod.ClipGen ? NetworksOf(request) : null;
        return new PaintingRecord
        {
            Format = clipGen is null ? 1 : PaintingRecord.LatestFormat,
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
        Pixels.Bank?.Dispose();
        Clip.Dispose();
    }
}
